/** What was said here and is on its way: shown at once, taken off when the class has it. */

import { signal, type Signal } from "@preact/signals";
import type { Connection } from "../../core/connection";
import type { Unsent } from "../../ui/chat";

export class Outbox {
  readonly unsent: Signal<readonly Unsent[]> = signal([]);
  private made = 0;

  constructor(private readonly connection: Connection) {}

  async send(text: string): Promise<void> {
    const entry: Unsent = { key: String(++this.made), text, failed: false };
    this.unsent.value = [...this.unsent.value, entry];
    const answer = await this.connection.command("chat.send", { text });
    this.unsent.value = answer.ok
      ? this.unsent.value.filter(({ key }) => key !== entry.key)
      : this.unsent.value.map((one) => (one.key === entry.key ? { ...one, failed: true } : one));
  }

  retry(entry: Unsent): void {
    this.unsent.value = this.unsent.value.filter(({ key }) => key !== entry.key);
    void this.send(entry.text);
  }
}
