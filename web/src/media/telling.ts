/** Tells the class what is on here, once for each change, until it shows the same. */

import type { Ack, Source } from "../protocol/messages";

export type On = Partial<Record<Source, boolean>>;

interface Around {
  tell(source: Source, on: boolean): Promise<Ack>;
  /** What is on here now; null while there is no link. */
  wanted(): On | null;
  /** What the class shows of this person. */
  shown(): readonly Source[];
  /** How far this browser has followed the class. */
  seq(): number | null;
}

export class Telling {
  /** On its way, so that a quick double click ends in what was meant last. */
  private readonly told = new Map<Source, boolean>();

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

  private async tell(source: Source, on: boolean): Promise<void> {
    this.told.set(source, on);
    const answer = await this.around.tell(source, on);
    if (this.told.get(source) === on) this.told.delete(source);
    // The class may have forgotten it again before its answer came: a person who comes in anew has nothing on.
    const known = this.around.seq();
    if (answer.ok && answer.seq !== undefined && known !== null && known >= answer.seq) this.compare();
  }
}
