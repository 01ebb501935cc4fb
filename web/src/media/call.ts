/** The media of one class: sends what is local, receives what is on screen, and mends itself. */

import { effect, signal, type Signal } from "@preact/signals";
import type { Connection } from "../core/connection";
import type { ClassStore, MediaEar } from "../core/store";
import type { Event, NoticeData, Source } from "../protocol/messages";
import type { LocalMedia } from "./local";
import { Mending } from "./mending";
import { Publisher, SOURCES, type OutboundLayer } from "./publish";
import { Sound } from "./sound";
import { linkWord, totals, type LinkWord } from "./stats";
import { Receiver, type InboundTrack } from "./subscribe";
import { Telling } from "./telling";
import { Wants } from "./wants";

const OFFER_WAIT_MS = 5000;
const LOOK_MS = 2000;
const LOOKS_UNTIL_STUCK = 6;

export interface CallStats {
  publish: RTCPeerConnectionState;
  subscribe: RTCPeerConnectionState;
  remote: InboundTrack[];
  outbound: OutboundLayer[];
}

export class Call implements MediaEar {
  readonly link: Signal<LinkWord> = signal("good");
  /** The class is there and its media is not: a network that lets only pages through. */
  readonly stuck: Signal<boolean> = signal(false);
  readonly receiver: Receiver;
  readonly wants: Wants;
  readonly sound: Sound;

  private publisher: Publisher | undefined;
  private readonly sending: Mending;
  private readonly receiving: Mending;
  private readonly stops: (() => void)[] = [];
  private offered: ((taken: boolean) => void) | undefined;
  private live = false;
  private readonly telling: Telling;
  private before = { received: 0, lost: 0 };
  private looksWithout = 0;

  constructor(
    private readonly connection: Connection,
    private readonly store: ClassStore,
    private readonly local: LocalMedia,
    private readonly iceServers: () => readonly RTCIceServer[],
    random: () => number,
  ) {
    this.telling = new Telling(SOURCES, {
      tell: (source, on) => connection.command("track.set", { source, on }),
      wanted: () => {
        const on = local.on.value;
        return this.live ? on : null;
      },
      shown: () => store.me.peek()?.tracks ?? [],
      seq: () => connection.position().seq,
      random,
    });
    this.sending = new Mending(() => this.publish(), random);
    this.receiving = new Mending(() => this.subscribe(), random);
    this.receiver = new Receiver(iceServers, {
      connected: () => this.receiving.well(),
      lost: () => this.receiving.later(),
    });
    this.wants = new Wants((tracks) => connection.say("media.want", { tracks }));
    this.sound = new Sound(local.devices.chosen.value.speaker);
  }

  start(): void {
    const onVisible = () => this.wants.hide(document.hidden);
    document.addEventListener("visibilitychange", onVisible);
    const look = setInterval(() => void this.look(), LOOK_MS);
    this.stops.push(
      () => document.removeEventListener("visibilitychange", onVisible),
      () => clearInterval(look),
      effect(() => this.sound.play(this.receiver.sounds.value)),
      effect(() => this.receiver.setSlots(this.store.slots.value)),
      effect(() => this.sendTracks()),
      effect(() => this.telling.compare()),
    );
  }

  /** The socket is (again) in the class: whatever is not up is brought up. */
  joined(): void {
    this.live = true;
    if (this.receiver.state !== "connected") this.receiving.now();
    if (this.publisher?.state !== "connected" && this.hasTracks()) this.sending.now();
    this.wants.repeat();
    this.telling.compare();
  }

  away(): void {
    this.live = false;
    // What was asked for went with the link: an offer that is waited for does not come.
    this.offered?.(false);
  }

  event(event: Event): void {
    const you = this.store.you.peek();
    if (event.type === "track.changed" && event.data.user === you && event.by !== you && !event.data.on) {
      this.obey(event.data.source);
    }
    // The class forgot us while we were away: what is on here is said anew.
    if (event.type === "person.joined" && event.data.user === you) queueMicrotask(() => this.telling.compare());
  }

  offer(n: number, sdp: string): void {
    this.receiver
      .take(n, sdp, (number, answer) => {
        this.connection.say("media.answer", { n: number, sdp: answer });
        this.offered?.(true);
        if (number === 1) this.wants.repeat();
      })
      .catch((problem: unknown) => {
        console.warn("media: an offer could not be taken", problem);
        this.receiver.close();
        this.offered?.(false);
        this.receiving.later();
      });
  }

  notice(notice: NoticeData): void {
    if (notice.type !== "media.lost") return;
    // Both at once: the class is at another node, and whatever was tried or waited for is of no use. One: its path was lost.
    const moved = notice.direction === "both";
    if (notice.direction !== "subscribe") {
      this.dropPublisher();
      if (this.hasTracks()) this.again(this.sending, moved);
    }
    if (notice.direction !== "publish") {
      this.receiver.close();
      this.offered?.(false);
      this.again(this.receiving, moved);
    }
  }

  private again(mending: Mending, atOnce: boolean): void {
    if (atOnce) mending.now();
    else mending.later();
  }

  async stats(): Promise<CallStats> {
    return {
      publish: this.publisher?.state ?? "new",
      subscribe: this.receiver.state,
      remote: await this.receiver.inbound(),
      outbound: (await this.publisher?.outbound()) ?? [],
    };
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.sending.stop();
    this.receiving.stop();
    this.dropPublisher();
    this.receiver.close();
    this.wants.close();
    this.telling.close();
    this.sound.close();
  }

  /** Somebody else switched it off: it is off, until its owner switches it on. */
  private obey(source: Source): void {
    if (source === "mic" || source === "camera") this.local.turnOff(source);
    else this.local.stopScreen();
  }

  private hasTracks(): boolean {
    return Object.keys(this.local.tracks.peek()).length > 0;
  }

  private async publish(): Promise<boolean> {
    this.dropPublisher();
    // Without a link there is nobody to ask: joined() starts it again.
    if (!this.live || !this.hasTracks()) return true;
    const publisher = new Publisher(this.iceServers(), {
      connected: () => this.sending.well(),
      lost: () => this.sending.later(),
    });
    this.publisher = publisher;
    const tracks = this.local.tracks.peek();
    for (const source of SOURCES) await publisher.set(source, tracks[source] ?? null);
    // Lost again before it was offered.
    if (this.publisher !== publisher) return false;
    return publisher.start(async (sdp, sources) => {
      const answer = await this.connection.request("media.publish", { sdp, sources });
      return answer.ok ? (answer.sdp ?? null) : null;
    });
  }

  private async subscribe(): Promise<boolean> {
    if (!this.live) return true;
    this.receiver.close();
    const offered = new Promise<boolean>((resolve) => {
      this.offered = resolve;
      setTimeout(() => resolve(false), OFFER_WAIT_MS);
    });
    const answer = await this.connection.request("media.subscribe", {});
    return answer.ok ? offered : false;
  }

  private dropPublisher(): void {
    this.publisher?.close();
    this.publisher = undefined;
  }

  /** A track came or went: put it on its line; the first one opens the connection. */
  private sendTracks(): void {
    const tracks = this.local.tracks.value;
    if (!this.publisher) {
      if (this.live && Object.keys(tracks).length > 0) this.sending.now();
      return;
    }
    for (const source of SOURCES) {
      this.publisher.set(source, tracks[source] ?? null).catch((problem: unknown) => {
        console.warn("media: a track could not be put on its line", problem);
        this.sending.later();
      });
    }
  }

  private async look(): Promise<void> {
    const down = this.live && this.receiver.state !== "connected";
    this.looksWithout = down ? this.looksWithout + 1 : 0;
    this.stuck.value = this.looksWithout >= LOOKS_UNTIL_STUCK;
    const tracks = await this.receiver.inbound();
    const now = totals(tracks);
    this.link.value = linkWord(this.store.receiving.value, this.before, now, tracks[0]?.roundTripMs ?? null);
    this.before = now;
  }
}
