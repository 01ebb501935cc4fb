/** One lesson of the tutor in this browser: item by item, checked by the school at once, or when it is back. */
import { batch, computed, signal, type Signal } from "@preact/signals";
import type { Practice, PracticeItem, PracticeSummary, User, Verdict } from "../protocol/api";
import { Refused, Unreachable } from "./errors";
import type { Entry, Journal, Value } from "./journal";
import type { KeptLesson } from "./practice";
import { Sender, type Refusal } from "./sender";

const FINISH_PAUSE_MS = 1_000;
const FINISH_PAUSE_MAX_MS = 15_000;
/** An answer that is on its way for longer is said to be kept: nobody waits for a link. */
const PATIENCE_MS = 3_000;
/** A lesson has one opening: its answers only count up. */
const OPENING = 1;

export interface PracticeWire {
  save(entry: Entry): Promise<Verdict>;
  get(id: string): Promise<Practice>;
  finish(id: string): Promise<PracticeSummary>;
}

export interface World {
  readonly wire: PracticeWire;
  readonly journal: Journal<KeptLesson>;
  readonly monotonicMs: () => number;
  readonly random: () => number;
}

export type Stage =
  /** It can be answered. */
  | "asking"
  /** The answer is on its way. */
  | "checking"
  /** The verdict is here. */
  | "checked"
  /** The answer is kept here, and checked when the school is back. */
  | "kept"
  /** The school will not take it: it counts for nothing. */
  | "void";

/** What the school has of a lesson, as this browser keeps it. */
export function keptOf({ practice_id: id, course_id: course, items, answers }: Omit<Practice, "finished">, key: string, user: User): KeptLesson {
  const lastSeq = Math.max(0, ...answers.map(({ seq }) => seq));
  return {
    id,
    key,
    course,
    user,
    items,
    opening: OPENING,
    lastSeq,
    ackedSeq: lastSeq,
    at: 0,
    saved: Object.fromEntries(answers.map(({ item_id: item, seq, value }) => [item, { value, seq, opening: OPENING }])),
    verdicts: Object.fromEntries(answers.map(({ item_id: item, verdict }) => [item, verdict])),
  };
}

export class PracticeLesson {
  readonly id: string;
  readonly course: string;
  readonly items: readonly PracticeItem[];
  /** Which item is in view; past the last one when all are answered. */
  readonly at: Signal<number>;
  /** What is chosen or typed, and what was given. */
  readonly values: Signal<Readonly<Record<string, Value>>>;
  readonly given: Signal<ReadonlySet<string>>;
  readonly verdicts: Signal<Readonly<Record<string, Verdict>>>;
  readonly refused = signal<ReadonlySet<string>>(new Set());
  /** Answers that waited for the school, in the order in which they were checked at last. */
  readonly returned = signal<readonly string[]>([]);
  readonly link = signal<"live" | "away" | "signed_out">("live");
  readonly summary = signal<PracticeSummary | null>(null);
  /** Why the lesson could not be ended, when that will not pass by itself. */
  readonly trouble = signal<unknown>(null);
  readonly pictures: Signal<Readonly<Record<string, string>>>;
  readonly item = computed(() => this.items[this.at.value] ?? null);
  readonly stage = computed(() => (this.item.value ? this.stageOf(this.item.value.id) : "asking"));
  /** How many answers wait for the school. */
  readonly waiting = computed(() => [...this.given.value].filter((item) => ["checking", "kept"].includes(this.stageOf(item))).length);

  private readonly sender: Sender<Verdict>;
  private readonly late = signal<ReadonlySet<string>>(new Set());
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private finishing: Promise<void> | null = null;
  private closed = false;
  /** Ends the pause before the lesson is ended once more. */
  private goOn: () => void = () => undefined;

  constructor(
    private readonly world: World,
    private readonly kept: KeptLesson,
    entries: readonly Entry[],
  ) {
    this.id = kept.id;
    this.course = kept.course;
    this.items = kept.items;
    this.verdicts = signal(kept.verdicts);
    const values = { ...mapped(Object.entries(kept.saved)), ...mapped(entries.map((one) => [one.item, one] as const)) };
    this.values = signal(values);
    this.given = signal(new Set(Object.keys(values)));
    this.pictures = signal(Object.assign({}, ...kept.items.map(({ pictures }) => pictures)) as Readonly<Record<string, string>>);
    this.at = signal(0);
    this.at.value = this.firstOpen(0);
    // What an earlier page could not send is not waited for.
    this.late.value = new Set(entries.map(({ item }) => item));
    this.sender = new Sender((entry) => world.wire.save(entry), this.ear(), world, 1);
    for (const entry of entries.toSorted((one, other) => one.seq - other.seq)) this.sender.add(entry);
  }

  choose(value: Value): void {
    const item = this.item.value;
    if (item && !this.given.value.has(item.id)) this.values.value = { ...this.values.value, [item.id]: value };
  }

  /** Writes the answer down, and asks the school what it is worth. */
  async check(): Promise<void> {
    const item = this.item.value;
    const value = item && this.values.value[item.id];
    if (!item || value === undefined || value === null || this.given.value.has(item.id)) return;
    this.given.value = new Set([...this.given.value, item.id]);
    // What was said of older ones has been seen by now.
    this.returned.value = [];
    this.sender.add(await this.world.journal.write(this.id, item.id, value));
    const timer = setTimeout(() => this.isLate(item.id), this.link.value === "live" ? PATIENCE_MS : 0);
    this.timers.add(timer);
  }

  next(): void {
    if (this.stage.value !== "asking" && this.stage.value !== "checking") this.goTo(this.firstOpen(this.at.value + 1));
  }

  /** Leaves this one out; it counts for nothing. */
  skip(): void {
    if (this.stage.value === "asking") this.goTo(this.firstOpen(this.at.value + 1));
  }

  /** Ends the lesson once everything that was given is checked; goes on trying while only the link is missing. */
  finish(): Promise<void> {
    this.at.value = this.items.length;
    this.finishing ??= this.end();
    return this.finishing;
  }

  /** The link may be back. */
  wake(): void {
    this.sender.wake();
    this.goOn();
  }

  close(): void {
    this.closed = true;
    this.sender.stop();
    for (const timer of this.timers) clearTimeout(timer);
  }

  stageOf(item: string): Stage {
    if (this.verdicts.value[item]) return "checked";
    if (this.refused.value.has(item)) return "void";
    if (!this.given.value.has(item)) return "asking";
    return this.link.value !== "live" || this.late.value.has(item) ? "kept" : "checking";
  }

  private goTo(at: number): void {
    this.at.value = at;
    if (at >= this.items.length) void this.finish();
  }

  private firstOpen(from: number): number {
    const found = this.items.findIndex(({ id }, at) => at >= from && !this.given.value.has(id));
    return found < 0 ? this.items.length : found;
  }

  private isLate(item: string): void {
    if (!this.verdicts.value[item]) this.late.value = new Set([...this.late.value, item]);
  }

  private ear() {
    return {
      taken: (entry: Entry, verdict: Verdict) => this.taken(entry, verdict),
      refused: (entry: Entry, why: Refusal, error: Refused) => void this.notTaken(entry, why, error),
      away: (error: unknown) => this.away(error),
      changed: () => undefined,
    };
  }

  private taken(entry: Entry, verdict: Verdict): void {
    batch(() => {
      const waited = this.stageOf(entry.item) === "kept" && this.item.value?.id !== entry.item;
      this.link.value = "live";
      this.verdicts.value = { ...this.verdicts.value, [entry.item]: verdict };
      this.pictures.value = { ...verdict.pictures, ...this.pictures.value };
      if (waited) this.returned.value = [...this.returned.value, entry.item];
    });
    void this.world.journal.acknowledge(entry).then(() => this.world.journal.change(this.id, { verdicts: this.verdicts.value }));
  }

  private async notTaken(entry: Entry, why: Refusal, error: Refused): Promise<void> {
    await this.world.journal.drop(entry);
    if (why !== "never" && (await this.caughtUp())) return;
    this.refused.value = new Set([...this.refused.value, entry.item]);
    if (error.status === 401) this.away(error);
  }

  /** Another page answered first, or ended the lesson: what the school has counts. */
  private async caughtUp(): Promise<boolean> {
    try {
      const { saved, verdicts } = keptOf(await this.world.wire.get(this.id), this.kept.key, this.kept.user);
      batch(() => {
        this.values.value = { ...this.values.value, ...mapped(Object.entries(saved)) };
        this.given.value = new Set([...this.given.value, ...Object.keys(saved)]);
        this.verdicts.value = verdicts;
      });
      return true;
    } catch (error) {
      this.away(error);
      return false;
    }
  }

  private away(error: unknown): void {
    this.link.value = error instanceof Refused && error.status === 401 ? "signed_out" : "away";
  }

  private async end(): Promise<void> {
    for (let turn = 0; !this.closed; turn++) {
      await this.sender.drained();
      if (await this.ended()) return;
      const cap = Math.min(FINISH_PAUSE_MAX_MS, FINISH_PAUSE_MS * 2 ** Math.min(turn, 10));
      await new Promise<void>((done) => {
        this.goOn = done;
        setTimeout(done, cap / 2 + (this.world.random() * cap) / 2);
      });
    }
  }

  /** True when there is nothing more to try. */
  private async ended(): Promise<boolean> {
    try {
      this.summary.value = await this.world.wire.finish(this.id);
      this.link.value = "live";
      await this.world.journal.forget(this.id);
      return true;
    } catch (error) {
      this.away(error);
      const passes = error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || [401, 429].includes(error.status)));
      if (!passes) this.trouble.value = error;
      return !passes;
    }
  }
}

function mapped(pairs: readonly (readonly [string, { readonly value: Value }])[]): Readonly<Record<string, Value>> {
  return Object.fromEntries(pairs.map(([item, { value }]) => [item, value]));
}
