/** What was said here and is on its way: shown at once, taken off when the class has it. */

import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Connection } from "../../core/connection";
import type { ClassStore } from "../../core/store";
import type { ChatLine } from "../../protocol/messages";
import type { Unsent } from "../../ui/chat";

interface Entry extends Unsent {
  /** How far this browser had followed the class when it was said. */
  after: number;
}

export class Outbox {
  /** What the class has not said yet: the answer to a message may be lost with the link, and its line be here before. */
  readonly unsent: ReadonlySignal<readonly Unsent[]>;
  private readonly entries: Signal<readonly Entry[]> = signal([]);
  /** Lines that an answer has named: they are of no other entry. */
  private readonly answered = new Set<number>();
  private made = 0;

  constructor(
    private readonly connection: Pick<Connection, "command" | "position">,
    store: Pick<ClassStore, "room" | "you">,
  ) {
    this.unsent = computed(() => {
      const entries = this.entries.value;
      if (entries.length === 0) return entries;
      const mine = store.room.value.chat.filter((line) => line.user === store.you.value && !this.answered.has(line.seq));
      return withoutTwins(entries, mine);
    });
  }

  async send(text: string): Promise<void> {
    const entry: Entry = { key: String(++this.made), text, failed: false, after: this.connection.position().seq ?? 0 };
    this.entries.value = [...this.entries.value, entry];
    const answer = await this.connection.command("chat.send", { text });
    if (answer.ok) {
      if (typeof answer.seq === "number") this.answered.add(answer.seq);
      this.drop(entry);
    } else {
      this.entries.value = this.entries.value.map((one) => (one.key === entry.key ? { ...one, failed: true } : one));
    }
  }

  retry(entry: Unsent): void {
    this.drop(entry);
    void this.send(entry.text);
  }

  private drop(entry: Unsent): void {
    const left = this.entries.value.filter(({ key }) => key !== entry.key);
    if (left.length === 0) this.answered.clear();
    this.entries.value = left;
  }
}

/** Each later line of the same words stands for one entry. */
function withoutTwins(entries: readonly Entry[], mine: readonly ChatLine[]): readonly Entry[] {
  const lines = [...mine];
  return entries.filter((entry) => {
    const place = lines.findIndex((line) => line.seq > entry.after && !line.file && line.text === entry.text);
    if (place >= 0) lines.splice(place, 1);
    return place < 0;
  });
}
