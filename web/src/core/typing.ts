/** What is being typed, settled after a pause, and again and again while the typing goes on. */
import type { Clock } from "./clock";
import type { Value } from "./journal";

const PAUSE_MS = 700;
const LONGEST_MS = 4_000;

interface Typed {
  readonly value: Value;
  readonly sinceMs: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Typing {
  private readonly items = new Map<string, Typed>();

  constructor(
    private readonly clock: Clock,
    private readonly settled: (item: string, value: Value) => void,
  ) {}

  get waiting(): ReadonlyMap<string, Value> {
    return new Map([...this.items].map(([item, { value }]) => [item, value]));
  }

  type(item: string, value: Value): void {
    const before = this.items.get(item);
    clearTimeout(before?.timer);
    const nowMs = this.clock.monotonicMs();
    const sinceMs = before?.sinceMs ?? nowMs;
    const delay = Math.max(0, Math.min(PAUSE_MS, sinceMs + LONGEST_MS - nowMs));
    this.items.set(item, { value, sinceMs, timer: setTimeout(() => this.settle(item), delay) });
  }

  /** Something else was said of the item meanwhile. */
  drop(item: string): void {
    clearTimeout(this.items.get(item)?.timer);
    this.items.delete(item);
  }

  flush(): void {
    for (const item of this.items.keys()) this.settle(item);
  }

  private settle(item: string): void {
    const typed = this.items.get(item);
    if (!typed) return;
    this.drop(item);
    this.settled(item, typed.value);
  }
}
