/** Tells the class what is on here, once for each change, until it shows the same. */

import type { Ack, Source } from "../protocol/messages";

export type On = Partial<Record<Source, boolean>>;

/** Refusals that pass by themselves: nobody would find out why they are not heard. */
const PASSING: ReadonlySet<string> = new Set(["busy", "unavailable", "class_unreachable", "moved", "timeout"]);
const FIRST_MS = 1000;
const LAST_MS = 10_000;

interface Around {
  tell(source: Source, on: boolean): Promise<Ack>;
  /** What is on here now; null while there is no link. */
  wanted(): On | null;
  /** What the class shows of this person. */
  shown(): readonly Source[];
  /** How far this browser has followed the class. */
  seq(): number | null;
  random(): number;
}

export class Telling {
  /** On its way, so that a quick double click ends in what was meant last. */
  private readonly told = new Map<Source, boolean>();
  private refusals = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly sources: readonly Source[],
    private readonly around: Around,
  ) {}

  compare(): void {
    const wanted = this.around.wanted();
    if (!wanted) return;
    const shown = this.around.shown();
    for (const source of this.sources) {
      const on = wanted[source] ?? false;
      if (on !== (this.told.get(source) ?? shown.includes(source))) void this.tell(source, on);
    }
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private async tell(source: Source, on: boolean): Promise<void> {
    this.told.set(source, on);
    const answer = await this.around.tell(source, on);
    if (this.told.get(source) === on) this.told.delete(source);
    if (!answer.ok) {
      if (PASSING.has(answer.code)) this.later();
      return;
    }
    this.refusals = 0;
    // The class may have forgotten it again before its answer came: a person who comes in anew has nothing on.
    const known = this.around.seq();
    if (answer.seq !== undefined && known !== null && known >= answer.seq) this.compare();
  }

  private later(): void {
    clearTimeout(this.timer);
    const bound = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(this.refusals, 10));
    this.refusals += 1;
    this.timer = setTimeout(() => this.compare(), bound * (0.5 + this.around.random() / 2));
  }
}
