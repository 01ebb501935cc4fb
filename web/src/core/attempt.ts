/** One attempt in this browser: what is shown, what is on its way, how long it goes, who else has it. */
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { AnswerAck, AttemptView, BeatAnswer, OpenAttempt, Receipt } from "../protocol/api";
import type { Clock } from "./clock";
import { Countdown } from "./countdown";
import { Refused, Unreachable } from "./errors";
import type { AttemptWire } from "./exams";
import type { Entry, Journal, Kept, Value } from "./journal";
import { fresh, newest, type Coming } from "./opening";
import { Sender, type Refusal } from "./sender";
import { Typing } from "./typing";

const BEAT_MS = 15_000;
const BEAT_SOON_MS = 3_000;
const TICK_MS = 250;
const SUBMIT_PAUSE_MS = 1_000;
const SUBMIT_PAUSE_MAX_MS = 8_000;

export type Phase =
  /** Answers can be changed here. */
  | "open"
  /** Another device has it: here it can only be read. */
  | "superseded"
  /** The time is up; the school hands in by itself. */
  | "time_up"
  | "submitting"
  | "submitted"
  /** Withdrawn, or otherwise out of reach: it goes on nowhere. */
  | "gone";
export type Link = "live" | "away" | "signed_out";

export interface World {
  readonly wire: AttemptWire;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
}

export class ExamAttempt {
  readonly paper: Signal<OpenAttempt>;
  /** Where the pictures of the paper are: in this browser, once they have come. */
  readonly pictures: Signal<OpenAttempt["pictures"]>;
  readonly answers = signal<Readonly<Record<string, Value>>>({});
  readonly flags: Signal<readonly string[]>;
  readonly at: Signal<number>;
  /** The end by the server's clock. */
  readonly endsAt: Signal<string>;
  readonly phase = signal<Phase>("open");
  readonly link = signal<Link>("live");
  readonly leftMs = signal(Number.POSITIVE_INFINITY);
  /** The server's time of the newest acknowledgement. */
  readonly savedAt = signal<string | null>(null);
  /** Items with something that is not acknowledged yet. */
  readonly waiting = signal<ReadonlySet<string>>(new Set());
  /** Items whose last answer the school will not take, by code. */
  readonly refused = signal<ReadonlyMap<string, string>>(new Map());
  readonly late = signal(false);
  readonly receipt = signal<Receipt | null>(null);
  /** Why handing in did not work, when it will not by itself. */
  readonly trouble = signal<unknown>(null);
  /** The milliseconds that were added while the page was open. */
  readonly extendedMs = signal(0);
  /** False: what waits here does not outlive the page. */
  readonly lasting: ReadonlySignal<boolean>;
  readonly writable = computed(() => this.phase.value === "open");

  private readonly sender: Sender<AnswerAck>;
  private readonly countdown: Countdown;
  private readonly typing: Typing;
  /** On the way to the journal. */
  private readonly unwritten = new Map<string, Value>();
  private writing: Promise<void> = Promise.resolve();
  private beating: ReturnType<typeof setTimeout> | undefined;
  private readonly ticking: ReturnType<typeof setInterval>;
  private closed = false;
  private mayHaveOpened = false;

  constructor(
    private readonly world: World,
    private kept: Kept,
    entries: readonly Entry[],
    coming: Coming,
  ) {
    this.lasting = world.journal.lasting;
    this.paper = signal(kept.paper);
    this.pictures = signal(kept.paper.pictures);
    this.flags = signal(kept.flags);
    this.at = signal(kept.at);
    this.endsAt = signal(kept.paper.ends_at);
    this.typing = new Typing(world.clock, (item, value) => this.write(item, value));
    this.countdown = new Countdown(world.clock);
    this.answers.value = newest(kept.saved, entries);
    if ("sentMs" in coming) {
      this.countdown.heard(kept.paper.remaining_ms, coming.sentMs);
      if (Object.keys(kept.saved).length > 0) this.savedAt.value = kept.paper.server_time;
    } else {
      this.countdown.guessed(kept.endsAtWallMs);
      this.mayHaveOpened = coming.mayHaveOpened;
      this.link.value = "away";
    }
    this.sender = new Sender((entry) => world.wire.save(entry), this.ear(), { monotonicMs: () => world.clock.monotonicMs(), random: world.random });
    for (const entry of entries) this.sender.add(entry);
    this.ticking = setInterval(() => this.tick(), TICK_MS);
    this.beatIn("sentMs" in coming ? BEAT_MS : BEAT_SOON_MS);
    this.tick();
  }

  /** The learner chose something: it is written down at once. */
  answer(item: string, value: Value): void {
    this.show(item, value);
    this.typing.drop(item);
    this.write(item, value);
  }

  /** The learner types: it is written down after a pause, or when the typing goes on for long. */
  type(item: string, value: Value): void {
    this.show(item, value);
    this.typing.type(item, value);
    this.changed();
  }

  /** Writes down what is still being typed; resolves when it is in the journal. */
  async flush(): Promise<void> {
    this.typing.flush();
    await this.writing;
  }

  /** The page goes away: nothing that takes time is sure to end. */
  leave(): void {
    this.world.journal.leave(this.kept.id, new Map([...this.unwritten, ...this.typing.waiting]));
    void this.flush();
  }

  /** The page did not go away after all. */
  stay(): void {
    this.world.journal.leave(this.kept.id, new Map());
  }

  flag(item: string): void {
    const flags = this.flags.value.includes(item) ? this.flags.value.filter((one) => one !== item) : [...this.flags.value, item];
    this.flags.value = flags;
    void this.world.journal.change(this.kept.id, { flags });
  }

  turnTo(at: number): void {
    if (at < 0 || at >= this.paper.value.items.length) return;
    this.at.value = at;
    void this.flush();
    void this.world.journal.change(this.kept.id, { at });
  }

  /** The link may be back. */
  wake(): void {
    this.sender.wake();
    if (this.link.value !== "live") this.beatIn(this.world.random() * BEAT_SOON_MS);
  }

  /** This page was asleep, or hidden: what it believes about the time may be old. */
  woke(): void {
    this.sender.wake();
    this.beatIn(this.world.random() * 300);
  }

  /** Opens the attempt here again: from now on this device counts. */
  async takeOver(): Promise<void> {
    const sentMs = this.world.clock.monotonicMs();
    const paper = await this.world.wire.open(this.kept.assessment);
    await this.opened(paper, sentMs);
  }

  /** Hands in once everything is acknowledged; goes on trying while only the link is missing. */
  async submit(): Promise<void> {
    if (this.phase.value !== "open" && this.phase.value !== "time_up") return;
    const before = this.phase.value;
    this.trouble.value = null;
    await this.flush();
    this.phase.value = "submitting";
    for (let turn = 0; !this.closed && this.phase.value === "submitting"; turn++) {
      await this.sender.drained();
      if (await this.handIn(before)) return;
      const cap = Math.min(SUBMIT_PAUSE_MAX_MS, SUBMIT_PAUSE_MS * 2 ** turn);
      await new Promise((done) => setTimeout(done, cap / 2 + this.world.random() * cap));
    }
  }

  /** The learner would rather go on: possible while nothing was handed in. */
  keepWorking(): void {
    if (this.phase.value === "submitting") this.phase.value = this.countdown.leftMs() > 0 ? "open" : "time_up";
  }

  close(): void {
    void this.flush();
    this.closed = true;
    this.sender.stop();
    clearInterval(this.ticking);
    clearTimeout(this.beating);
  }

  private show(item: string, value: Value): void {
    this.answers.value = { ...this.answers.value, [item]: value };
  }

  /** One after the other, so that the journal's order is the learner's. */
  private write(item: string, value: Value): void {
    this.waiting.value = new Set([...this.waiting.value, item]);
    this.unwritten.set(item, value);
    this.writing = this.writing.then(async () => {
      const entry = await this.world.journal.write(this.kept.id, item, value);
      if (this.unwritten.get(item) === value) this.unwritten.delete(item);
      this.sender.add(entry);
    });
  }

  private changed(): void {
    this.waiting.value = new Set([...this.sender.waiting, ...this.typing.waiting.keys()]);
  }

  private ear() {
    return {
      taken: (entry: Entry, ack: AnswerAck, sentMs: number) => this.taken(entry, ack, sentMs),
      refused: (entry: Entry, why: Refusal, error: Refused) => void this.notTaken(entry, why, error),
      away: (error: unknown) => this.away(error),
      changed: () => this.changed(),
    };
  }

  private taken(entry: Entry, ack: AnswerAck, sentMs: number): void {
    void this.world.journal.acknowledge(entry);
    batch(() => {
      if (entry.opening === this.kept.opening) this.kept = { ...this.kept, ackedSeq: Math.max(this.kept.ackedSeq, entry.seq) };
      this.link.value = "live";
      this.savedAt.value = ack.server_time;
      if (ack.late) this.late.value = true;
      this.heard(ack.remaining_ms, sentMs);
      this.compare(ack.current_opening);
    });
  }

  private async notTaken(entry: Entry, why: Refusal, error: Refused): Promise<void> {
    await this.world.journal.drop(entry);
    if (why === "old") return;
    if (why === "conflict") return await this.renumber(entry);
    this.refused.value = new Map([...this.refused.value, [entry.item, error.code]]);
    if (why === "closed") this.beatIn(0);
  }

  /** This browser lost count: it opens the attempt anew and writes the same answer under a number of its own. */
  private async renumber(entry: Entry): Promise<void> {
    await this.reopened();
    this.write(entry.item, entry.value);
  }

  private async reopened(): Promise<void> {
    try {
      await this.takeOver();
    } catch (error) {
      this.away(error);
    }
  }

  private away(error: unknown): void {
    this.link.value = error instanceof Refused && error.status === 401 ? "signed_out" : "away";
  }

  private compare(currentOpening: number): void {
    const own = this.mayHaveOpened && currentOpening === this.kept.opening + 1;
    this.mayHaveOpened = false;
    // An opening that was asked for here, whose answer was lost, is no other device.
    if (own) void this.reopened();
    else if (currentOpening > this.kept.opening) this.supersede();
  }

  private supersede(): void {
    if (this.phase.value === "open" || this.phase.value === "time_up" || this.phase.value === "submitting") this.phase.value = "superseded";
  }

  private heard(remainingMs: number, sentMs: number): void {
    this.countdown.heard(remainingMs, sentMs);
    void this.world.journal.change(this.kept.id, { endsAtWallMs: this.countdown.endsAtWallMs() });
    this.tick();
  }

  private tick(): void {
    const left = this.countdown.leftMs();
    if (Math.ceil(left / 1000) !== Math.ceil(this.leftMs.value / 1000)) this.leftMs.value = left;
    if (left <= 0 && this.phase.value === "open") {
      void this.flush();
      this.phase.value = "time_up";
      this.beatIn(this.world.random() * BEAT_SOON_MS);
    } else if (left > 0 && this.phase.value === "time_up") this.phase.value = "open";
  }

  private async opened(paper: OpenAttempt, sentMs: number): Promise<void> {
    await this.flush();
    this.countdown.heard(paper.remaining_ms, sentMs);
    const kept = fresh(paper, this.kept.user, { ...this.kept, flags: this.flags.value, at: this.at.value }, this.countdown.endsAtWallMs());
    await this.world.journal.keep(kept);
    const entries = await this.world.journal.entries(kept.id);
    batch(() => {
      this.kept = kept;
      this.endsAt.value = paper.ends_at;
      this.paper.value = paper;
      this.answers.value = newest(kept.saved, entries);
      this.phase.value = "open";
      this.link.value = "live";
      this.refused.value = new Map();
      this.tick();
    });
    this.beatIn(BEAT_MS);
  }

  private beatIn(delayMs: number): void {
    clearTimeout(this.beating);
    if (this.closed) return;
    this.beating = setTimeout(() => void this.beat(), delayMs * (0.9 + this.world.random() / 5));
  }

  private async beat(): Promise<void> {
    const sentMs = this.world.clock.monotonicMs();
    try {
      const body = { opening: this.kept.opening, unsaved: this.waiting.value.size };
      this.beaten(await this.world.wire.beat(this.kept.id, body), sentMs);
    } catch (error) {
      // Where the beat is refused the attempt itself says why.
      if (error instanceof Refused && [403, 404, 409].includes(error.status)) await this.look();
      else this.away(error);
    }
    if (this.phase.value === "submitted" || this.phase.value === "gone") return;
    this.beatIn(this.phase.value === "time_up" || this.link.value !== "live" ? BEAT_SOON_MS : BEAT_MS);
  }

  private beaten(answer: BeatAnswer, sentMs: number): void {
    batch(() => {
      if (this.link.value !== "live") this.sender.wake();
      this.link.value = "live";
      const addedMs = Date.parse(answer.ends_at) - Date.parse(this.endsAt.value);
      if (addedMs > 0) this.extendedMs.value += addedMs;
      this.endsAt.value = answer.ends_at;
      this.heard(answer.remaining_ms, sentMs);
      this.compare(answer.current_opening);
    });
    if (answer.state !== "open") void this.look();
  }

  /** Whether it was handed in: by the deadline, or on another device. */
  private async look(): Promise<void> {
    try {
      this.seen(await this.world.wire.view(this.kept.id));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.phase.value = "gone";
      else this.away(error);
    }
  }

  private seen(view: AttemptView): void {
    if (view.receipt) void this.done(view.receipt);
    else if (view.state === "withdrawn") this.phase.value = "gone";
  }

  private async done(receipt: Receipt): Promise<void> {
    // An answer that still waits has come too late; it goes out before it is forgotten, for the teacher to decide.
    batch(() => {
      this.receipt.value = receipt;
      this.phase.value = "submitted";
    });
    await Promise.race([this.sender.drained(), new Promise((done) => setTimeout(done, SUBMIT_PAUSE_MAX_MS))]);
    if ((await this.world.journal.entries(this.kept.id)).length === 0) await this.world.journal.forget(this.kept.id);
    this.close();
  }

  /** True when there is nothing more to try. */
  private async handIn(before: Phase): Promise<boolean> {
    try {
      const receipt = await this.world.wire.submit(this.kept.id, { opening: this.kept.opening, last_seq: this.kept.ackedSeq });
      await this.done(receipt);
      return true;
    } catch (error) {
      return await this.notHandedIn(error, before);
    }
  }

  private async notHandedIn(error: unknown, before: Phase): Promise<boolean> {
    const code = error instanceof Refused ? error.code : "";
    if (code === "opening_superseded") {
      this.phase.value = "superseded";
      return true;
    }
    if (code === "answers_missing") {
      // This browser and the school count differently: a new opening begins with nothing to count.
      await this.reopened();
      this.phase.value = "submitting";
      return false;
    }
    const passes = error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
    if (passes) {
      this.away(error);
      return false;
    }
    this.phase.value = before;
    this.trouble.value = error;
    await this.look();
    return true;
  }
}
