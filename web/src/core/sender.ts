/** Sends what the journal holds: the newest of each item, one of an item at a time, again after pauses until it is there. */
import { Refused, Unreachable } from "./errors";
import { isNewer, type Entry } from "./journal";

const AT_ONCE = 3;
const PAUSE_BASE_MS = 500;
const PAUSE_CAP_MS = 10_000;
const WAKE_JITTER_MS = 500;

/** What becomes of an answer that the school refused. */
export type Refusal =
  /** Something newer of this item is there already. */
  | "old"
  /** The same number with another value: this browser lost count and must open the attempt anew. */
  | "conflict"
  /** The attempt takes no answers any more. */
  | "closed"
  /** It will never be taken. */
  | "never";

export interface Ear<Ack> {
  taken(entry: Entry, ack: Ack, sentMs: number): void;
  refused(entry: Entry, why: Refusal, error: Refused): void;
  /** The school does not answer, or cannot now; what waits goes out again later. */
  away(error: unknown): void;
  changed(): void;
}

export interface World {
  readonly monotonicMs: () => number;
  readonly random: () => number;
}

const CLOSED = new Set(["attempt_closed", "attempt_submitted", "answer_late"]);
const CONFLICTS = new Set(["seq_conflict", "opening_unknown"]);

/** Null: nothing is wrong with the answer, it goes out again later. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof Refused)) return null;
  if (error.code === "seq_old") return "old";
  if (CONFLICTS.has(error.code)) return "conflict";
  if (CLOSED.has(error.code)) return "closed";
  const passes = error.status >= 500 || [401, 408, 425, 429].includes(error.status);
  return passes ? null : "never";
}

export class Sender<Ack> {
  private readonly queue = new Map<string, Entry>();
  private readonly flying = new Map<string, Entry>();
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private waiters: (() => void)[] = [];

  constructor(
    private readonly save: (entry: Entry) => Promise<Ack>,
    private readonly ear: Ear<Ack>,
    private readonly world: World,
    /** One at a time keeps the order in which they were given. */
    private readonly atOnce = AT_ONCE,
  ) {}

  add(entry: Entry): void {
    const queued = this.queue.get(entry.item);
    if (queued && isNewer(queued, entry)) return;
    this.queue.set(entry.item, entry);
    this.ear.changed();
    this.pump();
  }

  /** The items whose newest answer is not acknowledged yet. */
  get waiting(): ReadonlySet<string> {
    return new Set(this.queue.keys());
  }

  /** The link may be back: whoever waits tries now, not all browsers of a room in the same moment. */
  wake(): void {
    if (this.timer === undefined) return;
    this.later(this.world.random() * WAKE_JITTER_MS);
  }

  /** When nothing waits any more. */
  drained(): Promise<void> {
    return this.queue.size === 0 ? Promise.resolve() : new Promise((done) => this.waiters.push(done));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private pump(): void {
    if (this.stopped || this.timer !== undefined) return;
    for (const [item, entry] of this.queue) {
      if (this.flying.size >= this.atOnce) break;
      if (!this.flying.has(item)) void this.fly(entry);
    }
  }

  private later(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.pump();
    }, delayMs);
  }

  private async fly(entry: Entry): Promise<void> {
    this.flying.set(entry.item, entry);
    const sentMs = this.world.monotonicMs();
    try {
      const ack = await this.save(entry);
      this.failures = 0;
      this.settle(entry);
      this.ear.taken(entry, ack, sentMs);
    } catch (error) {
      this.failed(entry, error);
    } finally {
      this.flying.delete(entry.item);
      this.ear.changed();
      this.pump();
      if (this.queue.size === 0) for (const done of this.waiters.splice(0)) done();
    }
  }

  private failed(entry: Entry, error: unknown): void {
    const why = refusalOf(error);
    if (why !== null) {
      this.settle(entry);
      this.ear.refused(entry, why, error as Refused);
      return;
    }
    this.failures += 1;
    const said = error instanceof Refused ? (error.retryAfterMs ?? 0) : 0;
    const cap = Math.min(PAUSE_CAP_MS, PAUSE_BASE_MS * 2 ** Math.min(this.failures, 10));
    this.later(said + cap / 4 + this.world.random() * cap);
    this.ear.away(error instanceof Error ? error : new Unreachable("The answer did not go out."));
  }

  private settle(entry: Entry): void {
    if (this.queue.get(entry.item) === entry) this.queue.delete(entry.item);
  }
}
