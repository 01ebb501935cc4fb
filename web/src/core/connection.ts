/** The Socket.IO link of a class: connect, resume, back-off, acknowledgements. */

import { io, type Socket } from "socket.io-client";
import type {
  Ack,
  Event,
  ClientBodies,
  CommandName,
  ConnectRefusal,
  Failed,
  MediaOffer,
  NoticeData,
  Replay,
  Snapshot,
} from "../protocol/messages";
import type { Clock } from "./clock";
import { Refused } from "./errors";

const BEAT_MS = 1000;
const SILENCE_MS = 4000;
/** A socket that is open by then and in no class is of no use; Socket.IO itself watches only its opening. */
const ARRIVAL_WAIT_MS = 15_000;
const ACK_WAIT_MS = 10_000;
const COMMAND_LIFE_MS = 120_000;
const COMMANDS_WAITING_MAX = 100;
const BACKOFF_FIRST_MS = 300;
const BACKOFF_LAST_MS = 5000;

export type Ending =
  | { why: "replaced" }
  | { why: "removed" | "signed_out" | "closed" | "left" }
  | { why: "refused"; code: string };

/** What the link says to the one who holds it. */
export interface Listener {
  joined(message: Snapshot): void;
  replayed(message: Replay): void;
  event(event: Event): void;
  notice(notice: NoticeData): void;
  offer(offer: MediaOffer): void;
  /** The link is gone for the moment; it comes back by itself. */
  away(): void;
  /** The link is over and does not come back by itself. */
  ended(ending: Ending): void;
}

export interface Address {
  socket: string;
  namespace: string;
  token: string;
}

type RequestName = Extract<keyof ClientBodies, "media.publish" | "media.subscribe">;
type WordName = Extract<
  keyof ClientBodies,
  "chat.typing" | "reaction.send" | "media.answer" | "media.want"
>;

interface Waiting {
  name: string;
  body: { id: string };
  bornMs: number;
  settle(answer: Ack): void;
}

/** The part of a Socket.IO client that the link stands on; tests hand in their own. */
export type SocketLike = Pick<Socket, "on" | "emit" | "connect" | "disconnect" | "connected">;
export type OpenSocket = (address: Address, auth: () => Record<string, unknown>) => SocketLike;

export interface Surroundings {
  clock: Clock;
  random(): number;
  newId(): string;
  openSocket: OpenSocket;
}

export const openSocketIo: OpenSocket = (address, auth) =>
  io(address.namespace, {
    path: address.socket,
    // Polling first costs the server twice the work for each connect; it stays as the way round a proxy.
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnection: false,
    autoConnect: false,
    forceNew: true,
    timeout: 8000,
    auth: (give) => give(auth()),
  });

/** Full jitter between nothing and a bound that doubles from 0.3 s to 5 s, after what the server asked for. */
export function backoffMs(tries: number, askedMs: number, random: number): number {
  const bound = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(tries, 10));
  return askedMs + Math.max(askedMs > 0 ? 0 : 50, bound * random);
}

export class Connection {
  private socket: SocketLike | undefined;
  private address: Address | undefined;
  private epoch: number | null = null;
  private seq: number | null = null;
  private live = false;
  private over = false;
  private tries = 0;
  private askedMs = 0;
  private renewed = false;
  private heardMs = 0;
  /** When it set out; null while it is not on its way. */
  private dialledMs: number | null = null;
  private beatsAnswered = false;
  private readonly waiting = new Map<string, Waiting>();
  private readonly requests = new Set<(answer: Failed) => void>();
  private comeBack: ReturnType<typeof setTimeout> | undefined;
  /** What is waited for before: to dial, or to ask for an address first. */
  private next: () => void = () => this.dial();
  private pulse: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly around: Surroundings,
    private readonly listener: Listener,
    private readonly newAddress: () => Promise<Address>,
  ) {}

  async open(): Promise<void> {
    this.pulse = setInterval(() => this.beat(), BEAT_MS);
    await this.renewAndDial();
  }

  /** Close without leaving: the heartbeat of the server notices. */
  close(): void {
    this.end(undefined);
  }

  /** A command that the owner decides and logs: sent again with the same id until it is answered. */
  command<N extends CommandName>(name: N, body: Omit<ClientBodies[N], "id">): Promise<Ack> {
    if (this.over) return Promise.resolve(failed("not_in_class"));
    if (this.waiting.size >= COMMANDS_WAITING_MAX) return Promise.resolve(failed("busy"));
    return new Promise((settle) => {
      const id = this.around.newId();
      const entry = { name, body: { ...body, id }, bornMs: this.around.clock.monotonicMs(), settle };
      this.waiting.set(id, entry);
      if (this.live) this.send(entry);
    });
  }

  /** A question that makes sense on this connection only: lost with it. */
  request<N extends RequestName>(name: N, body: Omit<ClientBodies[N], "id">): Promise<Ack> {
    const socket = this.socket;
    if (!this.live || !socket) return Promise.resolve(failed("offline"));
    return new Promise((resolve) => {
      const settle = (answer: Ack) => {
        clearTimeout(deadline);
        this.requests.delete(settle);
        resolve(answer);
      };
      const deadline = setTimeout(() => settle(failed("timeout")), ACK_WAIT_MS);
      this.requests.add(settle);
      socket.emit(name, { ...body, id: this.around.newId() }, settle);
    });
  }

  /** A word that may be lost: false when it surely is. */
  say<N extends WordName>(name: N, body: ClientBodies[N]): boolean {
    if (!this.live || !this.socket) return false;
    this.socket.emit(name, body);
    return true;
  }

  /** How far this browser has followed the class. */
  position(): { epoch: number | null; seq: number | null } {
    return { epoch: this.epoch, seq: this.seq };
  }

  /** Leave for good; waits for the answer, though not for long. */
  async leave(): Promise<void> {
    if (this.live) {
      const patience = new Promise((resolve) => setTimeout(resolve, 1000));
      await Promise.race([this.command("class.leave", {}), patience]);
    }
    this.end({ why: "left" });
  }

  /** The browser says that the network is back: do not sit out the delay. */
  hurry(): void {
    if (this.over || this.live || this.comeBack === undefined) return;
    this.tries = 0;
    clearTimeout(this.comeBack);
    this.comeBack = undefined;
    this.next();
  }

  /** The browser says that the network is gone: do not wait for the silence. */
  lostNetwork(): void {
    if (!this.over && this.socket?.connected) this.drop();
  }

  private async renewAndDial(): Promise<void> {
    try {
      this.address = await this.newAddress();
    } catch (problem) {
      const code = finalCode(problem);
      if (code !== undefined) this.end(refusedWith(code));
      else this.wait(() => void this.renewAndDial());
      return;
    }
    if (this.over) return;
    this.dial();
  }

  private dial(): void {
    if (this.over || !this.address) return;
    this.socket ??= this.listen(this.around.openSocket(this.address, () => this.auth()));
    this.dialledMs = this.around.clock.monotonicMs();
    this.socket.connect();
  }

  private auth(): Record<string, unknown> {
    const token = this.address?.token ?? "";
    return this.seq === null ? { token } : { token, epoch: this.epoch, seq: this.seq };
  }

  private listen(socket: SocketLike): SocketLike {
    // The link is live before it is told: what is asked or said on the news must go out.
    socket.on("snapshot", (message: Snapshot) => {
      this.arrived(message);
      this.listener.joined(message);
    });
    socket.on("replay", (message: Replay) => {
      this.arrived(message);
      this.listener.replayed(message);
    });
    socket.on("event", (event: Event) => this.take(event));
    socket.on("notice", (notice: NoticeData) => this.heed(notice));
    socket.on("media.offer", (offer: MediaOffer) => {
      this.heard();
      this.listener.offer(offer);
    });
    socket.on("connect", () => this.heard());
    socket.on("disconnect", () => this.lost());
    socket.on("connect_error", (problem: Error & { data?: ConnectRefusal }) => this.refused(problem.data));
    return socket;
  }

  private arrived(message: { epoch: number; seq: number }): void {
    this.epoch = message.epoch;
    this.seq = message.seq;
    this.live = true;
    this.dialledMs = null;
    this.tries = 0;
    this.askedMs = 0;
    this.renewed = false;
    this.heard();
    for (const entry of this.waiting.values()) this.send(entry);
  }

  /** Events for some only make seq jump, and the node mends real gaps before it sends on: only repeats are dropped. */
  private take(event: Event): void {
    this.heard();
    if (this.seq === null || event.seq <= this.seq) return;
    this.seq = event.seq;
    this.epoch = event.epoch;
    this.listener.event(event);
  }

  private heed(notice: NoticeData): void {
    this.heard();
    switch (notice.type) {
      case "replaced":
        this.end({ why: "replaced" });
        break;
      case "ended":
        this.end({ why: notice.reason });
        break;
      case "resume":
        this.askedMs = notice.delay_ms;
        this.drop();
        break;
      default:
        this.listener.notice(notice);
    }
  }

  private send(entry: Waiting): void {
    this.socket?.emit(entry.name, entry.body, (answer: Ack) => {
      this.heard();
      if (this.waiting.delete(entry.body.id)) entry.settle(answer);
    });
  }

  private beat(): void {
    const now = this.around.clock.monotonicMs();
    for (const [id, entry] of this.waiting) {
      if (now - entry.bornMs < COMMAND_LIFE_MS) continue;
      this.waiting.delete(id);
      entry.settle(failed("timeout"));
    }
    if (!this.live) {
      if (this.dialledMs !== null && now - this.dialledMs > ARRIVAL_WAIT_MS) this.drop();
      return;
    }
    // Only a server that answers beats can be found silent by them.
    if (this.beatsAnswered && now - this.heardMs > SILENCE_MS) {
      this.drop();
      return;
    }
    this.socket?.emit("beat", {}, () => {
      this.beatsAnswered = true;
      this.heard();
    });
  }

  private heard(): void {
    this.heardMs = this.around.clock.monotonicMs();
  }

  private drop(): void {
    this.socket?.disconnect();
    this.lost();
  }

  private lost(): void {
    if (this.over) return;
    this.dialledMs = null;
    if (this.live) {
      this.live = false;
      for (const settle of this.requests) settle(failed("offline"));
      this.listener.away();
    }
    this.wait(() => this.dial());
  }

  private refused(refusal: ConnectRefusal | undefined): void {
    if (this.over) return;
    this.dialledMs = null;
    if (refusal?.code === undefined) {
      this.lost();
    } else if (typeof refusal.retry_ms === "number") {
      this.askedMs = refusal.retry_ms;
      this.lost();
    } else if (this.renewed || refusal.code in LAST_WORDS) {
      this.end(refusedWith(refusal.code));
    } else {
      this.renewed = true;
      void this.renewAndDial();
    }
  }

  private wait(then: () => void): void {
    if (this.over || this.comeBack !== undefined) return;
    const delayMs = backoffMs(this.tries, this.askedMs, this.around.random());
    this.tries += 1;
    this.askedMs = 0;
    this.next = then;
    this.comeBack = setTimeout(() => {
      this.comeBack = undefined;
      then();
    }, delayMs);
  }

  private end(ending: Ending | undefined): void {
    if (this.over) return;
    this.over = true;
    this.live = false;
    clearInterval(this.pulse);
    clearTimeout(this.comeBack);
    this.socket?.disconnect();
    for (const settle of this.requests) settle(failed("offline"));
    for (const entry of this.waiting.values()) entry.settle(failed("not_in_class"));
    this.waiting.clear();
    if (ending) this.listener.ended(ending);
  }
}

/** Refusals that no new token mends, in the words that those hear who were inside. */
const LAST_WORDS: Readonly<Record<string, "removed" | "closed">> = { removed: "removed", class_closed: "closed" };

function refusedWith(code: string): Ending {
  const why = LAST_WORDS[code];
  return why ? { why } : { why: "refused", code };
}

function failed(code: string): Failed {
  return { ok: false, code, message: code };
}

/** What the server refused is final; what the network did is tried again. */
function finalCode(problem: unknown): string | undefined {
  if (!(problem instanceof Refused)) return undefined;
  const { status, code } = problem;
  return status >= 400 && status < 500 && status !== 429 && status !== 408 ? code : undefined;
}
