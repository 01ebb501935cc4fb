/** What a page watches of the class it is in, kept up to date by the connection. */

import { batch, computed, signal } from "@preact/signals";
import type { Event, LinkNotice, NoticeData, Reaction, Replay, Slot, Snapshot, State } from "../protocol/messages";
import { apply, handNumber, NOBODY, personOf } from "./classroom";
import { ServerTime, type Clock } from "./clock";
import type { Ending, Listener } from "./connection";

const TYPING_MS = 4000;
const REACTION_MS = 4000;
const REACTIONS_MAX = 20;

export type LinkState = "connecting" | "live" | "offline" | "ended";

export interface FloatingReaction {
  key: number;
  user: string;
  kind: Reaction;
}

/** What the media of the class must hear besides the page. */
export interface MediaEar {
  joined(): void;
  away(): void;
  event(event: Event): void;
  offer(n: number, sdp: string): void;
  notice(notice: NoticeData): void;
}

export class ClassStore {
  readonly room = signal<State>(NOBODY);
  readonly you = signal("");
  readonly link = signal<LinkState>("connecting");
  readonly ending = signal<Ending | null>(null);
  readonly away = signal<ReadonlySet<string>>(new Set());
  readonly speakers = signal<readonly string[]>([]);
  readonly typing = signal<readonly string[]>([]);
  readonly reactions = signal<readonly FloatingReaction[]>([]);
  readonly slots = signal<readonly Slot[]>([]);
  readonly receiving = signal<LinkNotice["state"]>("good");
  /** Chat lines of others that came while this browser was away; null while there is nothing to say. */
  readonly missed = signal<number | null>(null);
  readonly me = computed(() => personOf(this.room.value, this.you.value));
  readonly myHand = computed(() => handNumber(this.room.value.hands, this.you.value));
  readonly serverTime: ServerTime;

  private lastSeq = -1;
  private wasLive = false;
  private typingUntil: ReturnType<typeof setTimeout> | undefined;
  private reactionKey = 0;

  constructor(clock: Clock) {
    this.serverTime = new ServerTime(clock);
  }

  /** What the connection tells; `media` hears what concerns only it. */
  listener(media: MediaEar): Listener {
    return {
      joined: (message) => {
        this.take(message);
        media.joined();
      },
      replayed: (message) => {
        this.catchUp(message);
        media.joined();
      },
      event: (event) => {
        media.event(event);
        this.event(event);
      },
      notice: (notice) => {
        this.notice(notice);
        media.notice(notice);
      },
      offer: ({ n, sdp }) => media.offer(n, sdp),
      away: () => {
        media.away();
        this.link.value = "offline";
      },
      ended: (ending) =>
        batch(() => {
          this.link.value = "ended";
          this.ending.value = ending;
        }),
    };
  }

  take(message: Snapshot): void {
    batch(() => {
      const lines = message.state.chat.filter((line) => line.seq > this.lastSeq && line.user !== message.you);
      this.room.value = message.state;
      this.settled(message, lines.length);
    });
  }

  catchUp(message: Replay): void {
    batch(() => {
      this.room.value = message.events.reduce(apply, this.room.value);
      const lines = message.events.filter(({ type, by }) => (type === "chat.said" || type === "upload.ready") && by !== message.you);
      this.settled(message, lines.length);
    });
  }

  event(event: Event): void {
    this.lastSeq = event.seq;
    batch(() => {
      this.room.value = apply(this.room.value, event);
      if (event.type === "chat.said") this.typing.value = this.typing.value.filter((user) => user !== event.data.user);
      if (event.type === "person.left" || event.type === "person.joined") this.setAway(event.data.user, false);
    });
  }

  notice(notice: NoticeData): void {
    switch (notice.type) {
      case "typing":
        this.typing.value = notice.users.filter((user) => user !== this.you.value);
        clearTimeout(this.typingUntil);
        this.typingUntil = setTimeout(() => (this.typing.value = []), TYPING_MS);
        break;
      case "reaction":
        this.react(notice.user, notice.kind);
        break;
      case "presence":
        this.setAway(notice.user, notice.away);
        break;
      case "speakers":
        this.speakers.value = notice.users;
        break;
      case "media.slots":
        this.slots.value = notice.slots;
        break;
      case "media.link":
        this.receiving.value = notice.state;
        break;
      default:
    }
  }

  private settled(message: Snapshot | Replay, missed: number): void {
    this.you.value = message.you;
    this.away.value = new Set(message.away);
    this.serverTime.heard(message.server_time);
    this.lastSeq = message.seq;
    this.missed.value = this.wasLive ? missed : null;
    this.wasLive = true;
    this.typing.value = [];
    this.link.value = "live";
  }

  private setAway(user: string, away: boolean): void {
    if (this.away.value.has(user) === away) return;
    const next = new Set(this.away.value);
    if (away) next.add(user);
    else next.delete(user);
    this.away.value = next;
  }

  private react(user: string, kind: Reaction): void {
    const key = ++this.reactionKey;
    this.reactions.value = [...this.reactions.value, { key, user, kind }].slice(-REACTIONS_MAX);
    setTimeout(() => (this.reactions.value = this.reactions.value.filter((one) => one.key !== key)), REACTION_MS);
  }
}
