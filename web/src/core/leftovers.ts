/** What an earlier page of this browser left of an exam: answers that wait, and whose they are. */
import type { User } from "../protocol/api";
import { systemClock } from "./clock";
import { Refused } from "./errors";
import { wire } from "./exams";
import { Journal, type Kept } from "./journal";
import { Sender, type Ear } from "./sender";
import { me } from "./session";

/** A page that shows an exam holds its lock: it sends by itself. */
export function lockOf(attempt: string): string {
  return `lectern.exam.${attempt}`;
}

async function withJournal<Found>(work: (journal: Journal) => Promise<Found>): Promise<Found> {
  const journal = await Journal.open();
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}

/** Whose exam stands at this address, as far as this browser knows. */
export async function ownerOf(path: string): Promise<User | null> {
  const attempt = path.split("/")[4] ?? "";
  return await withJournal(async (journal) => (await journal.kept(attempt))?.user ?? null);
}

/** How many answers the school does not have yet. */
export async function unsent(): Promise<number> {
  return await withJournal(async (journal) => {
    const entries = await Promise.all((await journal.all()).map(({ id }) => journal.entries(id)));
    return entries.flat().length;
  });
}

export async function forgetAll(): Promise<void> {
  await withJournal((journal) => journal.clear());
}

async function sendOne(journal: Journal, kept: Kept): Promise<void> {
  const written: Promise<void>[] = [];
  const ear: Ear = {
    taken: (entry) => written.push(journal.acknowledge(entry)),
    // What is not taken is no answer any more: the attempt is over, or has something newer.
    refused: (entry) => written.push(journal.drop(entry)),
    away: () => undefined,
    changed: () => undefined,
  };
  const sender = new Sender((entry) => wire.save(entry), ear, { monotonicMs: () => systemClock.monotonicMs(), random: Math.random });
  for (const entry of await journal.entries(kept.id)) sender.add(entry);
  await sender.drained();
  await Promise.all(written);
  const over = await wire.view(kept.id).then(
    ({ state }) => state !== "open",
    (error: unknown) => error instanceof Refused && error.status === 404,
  );
  if (over) await journal.forget(kept.id);
}

async function alone(attempt: string, work: () => Promise<void>): Promise<void> {
  // Locks are there only on secure origins; elsewhere two pages may send the same, which harms nothing.
  if (!("locks" in navigator)) return await work();
  await navigator.locks.request(lockOf(attempt), { ifAvailable: true }, (lock) => (lock ? work() : Promise.resolve()));
}

/** Sends, from any page of the school, what a page that crashed or was closed could not. */
export async function sendLeft(path: string): Promise<void> {
  await withJournal(async (journal) => {
    const mine = (await journal.all()).filter(({ id, user }) => user.id === me.value?.user.id && !path.includes(id));
    await Promise.all(mine.map((kept) => alone(kept.id, () => sendOne(journal, kept))));
  });
}
