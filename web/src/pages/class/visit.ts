/** One visit to a class: the link, what is known of the class, and the media, made together and closed together. */

import { api } from "../../core/api";
import { systemClock } from "../../core/clock";
import { Connection, openSocketIo, type Address } from "../../core/connection";
import { ClassStore } from "../../core/store";
import { Call } from "../../media/call";
import type { LocalMedia } from "../../media/local";
import type { Join, LiveClass } from "../../protocol/api";

export class Visit {
  readonly store = new ClassStore(systemClock);
  readonly connection: Connection;
  readonly call: Call;
  private iceServers: readonly RTCIceServer[] = [];
  private firstFrameAt: number | null = null;
  private readonly stops: (() => void)[] = [];

  constructor(
    readonly live: LiveClass,
    readonly local: LocalMedia,
    /** When the person pressed Join, by `performance.now()`. */
    readonly startedAt: number,
  ) {
    const around = { clock: systemClock, random: Math.random, newId, openSocket: openSocketIo };
    const later: { call?: Call } = {};
    const ear = this.store.listener({
      joined: () => later.call?.joined(),
      away: () => later.call?.away(),
      event: (event) => later.call?.event(event),
      offer: (n, sdp) => later.call?.offer(n, sdp),
      notice: (notice) => later.call?.notice(notice),
    });
    this.connection = new Connection(around, ear, () => this.address());
    this.call = new Call(this.connection, this.store, local, () => this.iceServers, Math.random);
    later.call = this.call;
  }

  start(): void {
    const back = () => this.connection.hurry();
    const gone = () => this.connection.lostNetwork();
    addEventListener("online", back);
    addEventListener("offline", gone);
    this.stops.push(
      () => removeEventListener("online", back),
      () => removeEventListener("offline", gone),
    );
    this.call.start();
    void this.connection.open();
    Object.assign(window, { lectern: { stats: () => this.stats() } });
  }

  firstFrame(): void {
    this.firstFrameAt ??= performance.now() - this.startedAt;
  }

  async leave(): Promise<void> {
    await this.connection.leave();
    this.close();
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.stops.length = 0;
    this.call.close();
    this.connection.close();
    this.local.closeAll();
  }

  /** What the link and the media do now, for support and for tests; no words and no secrets. */
  async stats() {
    return {
      you: this.store.you.value,
      connected: this.store.link.value === "live",
      joinedAt: this.startedAt,
      firstFrameAt: this.firstFrameAt,
      ...this.connection.position(),
      ...(await this.call.stats()),
    };
  }

  private async address(): Promise<Address> {
    const join = await api.post<Join>(`/classes/${this.live.id}/join`);
    this.iceServers = join.ice_servers.map(({ urls, username, credential }) => ({
      urls: [...urls],
      ...(username == null ? {} : { username }),
      ...(credential == null ? {} : { credential }),
    }));
    return { socket: join.socket, namespace: join.namespace, token: join.token };
  }
}

/** `crypto.randomUUID` is there only on secure origins; random bytes are everywhere. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
