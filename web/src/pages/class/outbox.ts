/** What was said here and is on its way: shown at once, taken off when the class has it. */

import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Connection } from "../../core/connection";
import type { ClassStore } from "../../core/store";
import type { Options } from "../../core/uploads";
import { t } from "../../i18n";
import type { ChatLine } from "../../protocol/messages";
import { FILE_MAX_GB, type Unsent } from "../../ui/chat";
import { say } from "../words";

const GB = 1_000_000_000;

type SendFile = (file: File, options: Options) => Promise<unknown>;

interface Entry extends Unsent {
  readonly whole?: File;
  readonly stop?: AbortController;
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
    private readonly sendFile: SendFile,
  ) {
    this.unsent = computed(() => {
      const entries = this.entries.value;
      if (entries.length === 0) return entries;
      const mine = store.room.value.chat.filter((line) => line.user === store.you.value && !this.answered.has(line.seq));
      return withoutTwins(entries, mine);
    });
  }

  async send(text: string): Promise<void> {
    const entry = this.add({ text });
    const answer = await this.connection.command("chat.send", { text });
    if (answer.ok) {
      if (typeof answer.seq === "number") this.answered.add(answer.seq);
      this.drop(entry);
    } else {
      this.change(entry, { failed: true });
    }
  }

  async attach(file: File): Promise<void> {
    const stop = new AbortController();
    const entry = this.add({ text: file.name, file: { share: 0, fault: "" }, whole: file, stop });
    const fault = faultOf(file);
    if (fault !== "") return this.change(entry, { failed: true, file: { share: 0, fault } });
    try {
      await this.sendFile(file, { signal: stop.signal, onProgress: (share) => this.change(entry, { file: { share, fault: "" } }) });
      this.drop(entry);
    } catch (error) {
      if (stop.signal.aborted) this.drop(entry);
      else this.change(entry, { failed: true, file: { share: 0, fault: say(error) } });
    }
  }

  retry({ key }: Unsent): void {
    const entry = this.entries.value.find((one) => one.key === key);
    if (!entry) return;
    this.drop(entry);
    void (entry.whole ? this.attach(entry.whole) : this.send(entry.text));
  }

  /** A file that is on its way, or would not go. */
  giveUp({ key }: Unsent): void {
    const entry = this.entries.value.find((one) => one.key === key);
    if (!entry) return;
    entry.stop?.abort();
    this.drop(entry);
  }

  private add(about: Pick<Entry, "text" | "file" | "whole" | "stop">): Entry {
    const entry: Entry = { ...about, key: String(++this.made), failed: false, after: this.connection.position().seq ?? 0 };
    this.entries.value = [...this.entries.value, entry];
    return entry;
  }

  private change({ key }: Entry, to: Partial<Entry>): void {
    this.entries.value = this.entries.value.map((one) => (one.key === key ? { ...one, ...to } : one));
  }

  private drop(entry: Unsent): void {
    const left = this.entries.value.filter(({ key }) => key !== entry.key);
    if (left.length === 0) this.answered.clear();
    this.entries.value = left;
  }
}

/** Why the school would not take it, in words; nothing where it may. */
function faultOf({ size }: File): string {
  if (size === 0) return t("class.fileEmpty");
  return size > FILE_MAX_GB * GB ? t("class.fileTooBig", { size: FILE_MAX_GB }) : "";
}

/** Each later line of the same words, or with a file of the same name, stands for one entry. */
function withoutTwins(entries: readonly Entry[], mine: readonly ChatLine[]): readonly Entry[] {
  const lines = [...mine];
  return entries.filter((entry) => {
    const place = lines.findIndex((line) => line.seq > entry.after && (line.file !== undefined && line.file !== null) === (entry.file !== undefined) && line.text === entry.text);
    if (place >= 0) lines.splice(place, 1);
    return place < 0;
  });
}
