/** The answers of this browser, written down before they go out and kept until the school has them. */
import { signal } from "@preact/signals";
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { AnswerBody, OpenAttempt, SavedAnswer, User } from "../protocol/api";
import * as drafts from "./drafts";
import { hold, type Holding } from "./held";

export type Value = AnswerBody["value"];

/** One answer on its way; its key is (attempt, item, opening, seq), where an attempt is at an exam or a lesson of the tutor. */
export interface Entry {
  readonly attempt: string;
  readonly item: string;
  readonly opening: number;
  readonly seq: number;
  readonly value: Value;
}

/** What a journal knows of whatever it holds answers to. */
export interface Held {
  readonly id: string;
  readonly user: User;
  /** The opening of this browser, and what it counted up to in it. */
  readonly opening: number;
  readonly lastSeq: number;
  /** The highest seq of this opening that the school acknowledged. */
  readonly ackedSeq: number;
  /** What the school has, per item. */
  readonly saved: Readonly<Record<string, SavedAnswer>>;
  readonly at: number;
}

/** An attempt at an exam as this browser knows it: enough to go on with it offline after a reload. */
export interface Kept extends Held {
  readonly assessment: string;
  readonly paper: OpenAttempt;
  readonly flags: readonly string[];
  /** The end by this browser's wall clock: only a reload offline reads it. */
  readonly endsAtWallMs: number;
}

/** A picture of a paper: its address ends sooner than the exam, and is of no use offline. */
interface Picture {
  readonly attempt: string;
  readonly id: string;
  readonly bytes: Blob;
}

/** What a page left in its last moment. */
interface Left {
  readonly opening: number;
  readonly lastSeq: number;
  readonly values: readonly (readonly [string, Value])[];
}

interface Tables extends DBSchema {
  entries: { key: [string, string, number, number]; value: Entry; indexes: { attempt: string } };
  attempts: { key: string; value: Held };
  pictures: { key: [string, string]; value: Picture; indexes: { attempt: string } };
}
type Disk = IDBPDatabase<Tables>;

const NAMES: Readonly<Record<Holding, string>> = { exams: "lectern.exams", practice: "lectern.practice" };
const leftName = (attempt: string) => `exam.${attempt}`;
const VERSION = 1;

export function isNewer(one: { opening: number; seq: number }, other: { opening: number; seq: number }): boolean {
  return one.opening > other.opening || (one.opening === other.opening && one.seq > other.seq);
}

function keyOf({ attempt, item, opening, seq }: Entry): [string, string, number, number] {
  return [attempt, item, opening, seq];
}

async function opened(what: Holding): Promise<Disk | null> {
  try {
    return await openDB<Tables>(NAMES[what], VERSION, {
      upgrade(db) {
        db.createObjectStore("entries", { keyPath: ["attempt", "item", "opening", "seq"] }).createIndex("attempt", "attempt");
        db.createObjectStore("attempts", { keyPath: "id" });
        db.createObjectStore("pictures", { keyPath: ["attempt", "id"] }).createIndex("attempt", "attempt");
      },
    });
  } catch {
    // Private windows and full disks refuse; the journal then lives in memory, and the page says so.
    return null;
  }
}

function acknowledged<Thing extends Held>(kept: Thing, entry: Entry): Thing {
  const old = kept.saved[entry.item];
  const { value, opening, seq } = entry;
  const saved = old && isNewer(old, entry) ? kept.saved : { ...kept.saved, [entry.item]: { value, opening, seq } };
  return { ...kept, saved, ackedSeq: opening === kept.opening ? Math.max(kept.ackedSeq, seq) : kept.ackedSeq };
}

export class Journal<Thing extends Held = Kept> {
  /** False: what is written here does not outlive the page. */
  readonly lasting = signal(true);
  private readonly attempts = new Map<string, Thing>();
  private readonly waiting = new Map<string, Entry>();

  private constructor(
    private readonly what: Holding,
    private disk: Disk | null,
  ) {
    this.lasting.value = disk !== null;
  }

  /** Exams and practice have a disk each: what one holds the other never reads. */
  static async open<Thing extends Held = Kept>(what: Holding = "exams"): Promise<Journal<Thing>> {
    return new Journal<Thing>(what, await opened(what));
  }

  close(): void {
    this.disk?.close();
  }

  /** As it is on the disk, where another tab may have changed it; from then on this page goes on from there. */
  async kept(attempt: string): Promise<Thing | null> {
    const left = drafts.kept<Left>(leftName(attempt));
    drafts.drop(leftName(attempt));
    const found = (await this.tried((disk) => (left ? recovered(disk, attempt, left) : disk.get("attempts", attempt)))) as Thing | undefined;
    if (found) this.attempts.set(attempt, found);
    return found ?? this.attempts.get(attempt) ?? null;
  }

  async all(): Promise<readonly Thing[]> {
    return ((await this.tried((disk) => disk.getAll("attempts"))) as Thing[] | undefined) ?? [...this.attempts.values()];
  }

  /** Begins, or goes on after a new opening; what waits of older openings goes on waiting. */
  async keep(kept: Thing): Promise<void> {
    this.attempts.set(kept.id, kept);
    hold(this.what, true);
    await this.tried((disk) => disk.put("attempts", kept));
  }

  async change(attempt: string, part: Partial<Omit<Thing, "id" | "opening" | "lastSeq" | "ackedSeq" | "saved">>): Promise<void> {
    const known = this.attempts.get(attempt);
    if (known) this.attempts.set(attempt, { ...known, ...part });
    await this.tried(async (disk) => {
      const tx = disk.transaction("attempts", "readwrite");
      const kept = await tx.store.get(attempt);
      if (kept) await tx.store.put({ ...kept, ...part });
      await tx.done;
    });
  }

  /** The page goes away in this moment: what the disk may not have in time is kept where writing takes none. */
  leave(attempt: string, values: ReadonlyMap<string, Value>): void {
    const known = this.attempts.get(attempt);
    if (!known || values.size === 0) drafts.drop(leftName(attempt));
    else drafts.keep(leftName(attempt), { opening: known.opening, lastSeq: known.lastSeq, values: [...values] } satisfies Left);
  }

  /** Writes an answer down under the next seq; older ones of the item need not go out any more. */
  async write(attempt: string, item: string, value: Value): Promise<Entry> {
    const known = this.attempts.get(attempt);
    if (!known) throw new Error("An answer to an attempt that was not opened here.");
    const written = await this.tried((disk) => writtenOn(disk, known, item, value));
    const entry = written ?? { attempt, item, opening: known.opening, seq: known.lastSeq + 1, value };
    this.attempts.set(attempt, { ...known, lastSeq: Math.max(known.lastSeq, entry.seq) });
    for (const [key, old] of this.waiting) if (old.attempt === attempt && old.item === item) this.waiting.delete(key);
    this.waiting.set(keyOf(entry).join(" "), entry);
    return entry;
  }

  /** The school has it. */
  async acknowledge(entry: Entry): Promise<void> {
    const known = this.attempts.get(entry.attempt);
    if (known) this.attempts.set(entry.attempt, acknowledged(known, entry));
    this.waiting.delete(keyOf(entry).join(" "));
    await this.tried(async (disk) => {
      const tx = disk.transaction(["entries", "attempts"], "readwrite");
      const kept = await tx.objectStore("attempts").get(entry.attempt);
      if (kept) await tx.objectStore("attempts").put(acknowledged(kept, entry));
      await tx.objectStore("entries").delete(keyOf(entry));
      await tx.done;
    });
  }

  /** The school will not take it, or has something newer: it need not go out any more. */
  async drop(entry: Entry): Promise<void> {
    this.waiting.delete(keyOf(entry).join(" "));
    await this.tried((disk) => disk.delete("entries", keyOf(entry)));
  }

  async entries(attempt: string): Promise<readonly Entry[]> {
    const found = await this.tried((disk) => disk.getAllFromIndex("entries", "attempt", attempt));
    return found ?? [...this.waiting.values()].filter((one) => one.attempt === attempt);
  }

  async keepPicture(attempt: string, id: string, bytes: Blob): Promise<void> {
    await this.tried((disk) => disk.put("pictures", { attempt, id, bytes }));
  }

  async pictures(attempt: string): Promise<ReadonlyMap<string, Blob>> {
    const found = await this.tried((disk) => disk.getAllFromIndex("pictures", "attempt", attempt));
    return new Map((found ?? []).map(({ id, bytes }) => [id, bytes]));
  }

  /** Handed in: nothing of it stays in this browser. */
  async forget(attempt: string): Promise<void> {
    drafts.drop(leftName(attempt));
    this.attempts.delete(attempt);
    for (const [key, entry] of this.waiting) if (entry.attempt === attempt) this.waiting.delete(key);
    const left = await this.tried(async (disk) => {
      const tx = disk.transaction(["entries", "attempts", "pictures"], "readwrite");
      const keys = await tx.objectStore("entries").index("attempt").getAllKeys(attempt);
      await Promise.all(keys.map((key) => tx.objectStore("entries").delete(key)));
      const drawn = await tx.objectStore("pictures").index("attempt").getAllKeys(attempt);
      await Promise.all(drawn.map((key) => tx.objectStore("pictures").delete(key)));
      await tx.objectStore("attempts").delete(attempt);
      const count = await tx.objectStore("attempts").count();
      await tx.done;
      return count;
    });
    if ((left ?? this.attempts.size) === 0) hold(this.what, false);
  }

  async clear(): Promise<void> {
    for (const { id } of await this.all()) drafts.drop(leftName(id));
    this.attempts.clear();
    this.waiting.clear();
    hold(this.what, false);
    await this.tried(async (disk) => {
      const tx = disk.transaction(["entries", "attempts", "pictures"], "readwrite");
      const emptied = (["entries", "attempts", "pictures"] as const).map((name) => tx.objectStore(name).clear());
      await Promise.all([...emptied, tx.done]);
    });
  }

  /** The disk's answer, or undefined where there is none (any more): then memory holds. */
  private async tried<Found>(work: (disk: Disk) => Promise<Found>): Promise<Found | undefined> {
    if (!this.disk) return undefined;
    try {
      return await work(this.disk);
    } catch {
      this.disk = null;
      this.lasting.value = false;
      return undefined;
    }
  }
}

/** Puts what a page left in its last moment among its answers, under the numbers that came next. */
async function recovered(disk: Disk, attempt: string, { opening, lastSeq, values }: Left): Promise<Held | undefined> {
  const tx = disk.transaction(["entries", "attempts"], "readwrite");
  const found = await tx.objectStore("attempts").get(attempt);
  if (!found) return undefined;
  const entries = values.map(([item, value], at): Entry => ({ attempt, item, opening, seq: lastSeq + 1 + at, value }));
  await Promise.all(entries.map((entry) => tx.objectStore("entries").put(entry)));
  const shared = found.opening === opening;
  const next = shared ? { ...found, lastSeq: Math.max(found.lastSeq, lastSeq + entries.length) } : found;
  await tx.objectStore("attempts").put(next);
  await tx.done;
  return next;
}

/** One transaction: tabs of one browser never give the same seq twice. */
async function writtenOn(disk: Disk, known: Held, item: string, value: Value): Promise<Entry> {
  const { id: attempt, opening } = known;
  const tx = disk.transaction(["entries", "attempts"], "readwrite");
  const kept = await tx.objectStore("attempts").get(attempt);
  // Another tab of this browser may have opened the attempt since: then each counts in its own opening.
  const shared = kept?.opening === opening ? kept : undefined;
  const entry: Entry = { attempt, item, opening, seq: Math.max(known.lastSeq, shared?.lastSeq ?? 0) + 1, value };
  if (shared) await tx.objectStore("attempts").put({ ...shared, lastSeq: entry.seq });
  const older = await tx.objectStore("entries").index("attempt").getAll(attempt);
  const replaced = older.filter((one) => one.item === item && !isNewer(one, entry));
  await Promise.all(replaced.map((one) => tx.objectStore("entries").delete(keyOf(one))));
  await tx.objectStore("entries").put(entry);
  await tx.done;
  return entry;
}
