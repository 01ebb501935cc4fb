/** Receive: a connection of fixed slots, and what plays in each of them now. */

import { signal, type Signal } from "@preact/signals";
import type { Slot, Source } from "../protocol/messages";
import { Peer, type Watcher } from "./peer";

/** What plays, by "user/source". */
export interface Playing {
  media: MediaStreamTrack;
  paused: boolean;
}

export interface InboundTrack {
  user: string;
  source: Source;
  framesDecoded: number;
  frameWidth: number;
  frameHeight: number;
  audioEnergy: number;
  packetsReceived: number;
  packetsLost: number;
  roundTripMs: number | null;
}

export type GiveAnswer = (n: number, sdp: string) => void;

export class Receiver {
  /** Video that plays in a slot now, by track name. */
  readonly playing: Signal<ReadonlyMap<string, Playing>> = signal(new Map());
  /** Every audio line of the connection, whoever speaks in it. */
  readonly sounds: Signal<readonly MediaStreamTrack[]> = signal([]);

  private peer: Peer | undefined;
  private slots: readonly Slot[] = [];
  private latest = 0;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly iceServers: () => readonly RTCIceServer[],
    private readonly watcher: Watcher,
  ) {}

  get state(): RTCPeerConnectionState {
    return this.peer?.state ?? "new";
  }

  /** One offer after the other: two at once would answer each other's. */
  take(n: number, sdp: string, answer: GiveAnswer): Promise<void> {
    const turn = this.turn.catch(() => undefined).then(() => this.takeNow(n, sdp, answer));
    this.turn = turn;
    return turn;
  }

  private async takeNow(n: number, sdp: string, answer: GiveAnswer): Promise<void> {
    if (n === 1) this.restart();
    const peer = this.peer;
    if (!peer || n < this.latest) return;
    this.latest = n;
    const { connection } = peer;
    try {
      await peer.during(connection.setRemoteDescription({ type: "offer", sdp }));
      await peer.during(connection.setLocalDescription(await peer.during(connection.createAnswer())));
    } catch (problem) {
      if (this.peer !== peer) return;
      throw problem;
    }
    // A newer offer came meanwhile: its answer counts, this one is stale.
    if (this.peer !== peer || n !== this.latest) return;
    answer(n, connection.localDescription?.sdp ?? "");
    this.lay();
  }

  setSlots(slots: readonly Slot[]): void {
    this.slots = slots;
    this.lay();
  }

  async inbound(): Promise<InboundTrack[]> {
    const connection = this.peer?.connection;
    if (!connection || connection.connectionState === "closed") return [];
    const byMid = new Map(this.slots.map((slot) => [slot.mid, slot]));
    const report = await connection.getStats();
    const entries = [...(report.values() as IterableIterator<Record<string, unknown>>)];
    const roundTripMs = pathRoundTripMs(entries);
    return entries.flatMap((entry) => {
      const slot = byMid.get(String(entry["mid"]));
      if (entry["type"] !== "inbound-rtp" || !slot?.user || !slot.source) return [];
      return [{ user: slot.user, source: slot.source, roundTripMs, ...figures(entry) }];
    });
  }

  close(): void {
    this.peer?.close();
    this.peer = undefined;
    this.latest = 0;
    this.slots = [];
    this.playing.value = new Map();
    this.sounds.value = [];
  }

  private restart(): void {
    const { slots } = this;
    this.close();
    this.slots = slots;
    this.peer = new Peer(this.iceServers(), this.watcher);
  }

  private lay(): void {
    const lines = this.peer?.connection.getTransceivers() ?? [];
    const byMid = new Map(lines.map((line) => [line.mid, line.receiver.track]));
    const playing = new Map<string, Playing>();
    for (const slot of this.slots) {
      const media = byMid.get(slot.mid);
      if (slot.track !== null && media?.kind === "video") playing.set(slot.track, { media, paused: slot.paused });
    }
    if (!samePlaying(this.playing.peek(), playing)) this.playing.value = playing;
    const sounds = [...byMid.values()].filter((track) => track.kind === "audio");
    if (!sameTracks(this.sounds.peek(), sounds)) {
      this.sounds.value = sounds;
    }
  }
}

function sameTracks(a: readonly MediaStreamTrack[], b: readonly MediaStreamTrack[]): boolean {
  return a.length === b.length && b.every((track, place) => track === a[place]);
}

function samePlaying(a: ReadonlyMap<string, Playing>, b: ReadonlyMap<string, Playing>): boolean {
  if (a.size !== b.size) return false;
  return [...b].every(([track, { media, paused }]) => {
    const old = a.get(track);
    return old !== undefined && old.media === media && old.paused === paused;
  });
}

function figures(entry: Record<string, unknown>) {
  const number = (name: string) => (typeof entry[name] === "number" ? entry[name] : 0);
  return {
    framesDecoded: number("framesDecoded"),
    frameWidth: number("frameWidth"),
    frameHeight: number("frameHeight"),
    audioEnergy: number("totalAudioEnergy"),
    packetsReceived: number("packetsReceived"),
    packetsLost: number("packetsLost"),
  };
}

function pathRoundTripMs(entries: readonly Record<string, unknown>[]): number | null {
  const pair = entries.find((entry) => entry["type"] === "candidate-pair" && entry["nominated"] === true);
  const seconds = pair?.["currentRoundTripTime"];
  return typeof seconds === "number" ? seconds * 1000 : null;
}
