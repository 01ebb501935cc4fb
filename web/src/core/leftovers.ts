/** What earlier pages of this browser left of exams and lessons: answers that wait, and whose they are. */
import type { User } from "../protocol/api";
import { systemClock } from "./clock";
import { Refused } from "./errors";
import { wire } from "./exams";
import { Journal, type Entry, type Held, type Kept } from "./journal";
import { lockOfLesson, practice, type KeptLesson } from "./practice";
import { Sender, type Ear } from "./sender";
import { me } from "./session";

/** A page that shows an exam holds its lock: it sends by itself. */
export function lockOf(attempt: string): string {
  return `lectern.exam.${attempt}`;
}

/** How the school is told, and asked, about what waits. */
interface Way<Thing> {
  readonly save: (entry: Entry) => Promise<unknown>;
  readonly isOver: (id: string) => Promise<boolean>;
  readonly lock: (of: Thing) => string;
  readonly atOnce?: number;
}
const EXAM: Way<Kept> = { save: (entry) => wire.save(entry), isOver: async (id) => (await wire.view(id)).state !== "open", lock: ({ id }) => lockOf(id) };
const LESSON: Way<KeptLesson> = { save: (entry) => practice.save(entry), isOver: async (id) => (await practice.get(id)).finished, lock: ({ key }) => lockOfLesson(key), atOnce: 1 };

async function withJournal<Found>(work: (journal: Journal) => Promise<Found>): Promise<Found> {
  const journal = await Journal.open();
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}

async function withLessons<Found>(work: (journal: Journal<KeptLesson>) => Promise<Found>): Promise<Found> {
  const journal = await Journal.open<KeptLesson>("practice");
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}

const LESSON_PATH = /^\/courses\/(?<course>[^/]+)\/practice$/;

/** Whose exam, or lesson, stands at this address, as far as this browser knows; null where it may be that of several. */
export async function ownerOf(path: string): Promise<User | null> {
  const course = LESSON_PATH.exec(path)?.groups?.["course"];
  if (course === undefined) return await withJournal(async (journal) => (await journal.kept(path.split("/")[4] ?? ""))?.user ?? null);
  const lessons = await withLessons(async (journal) => (await journal.all()).filter((one) => one.course === course));
  const owners = new Map(lessons.map(({ user }) => [user.id, user]));
  return owners.size === 1 ? ([...owners.values()][0] ?? null) : null;
}

async function waitingIn<Thing extends Held>(journal: Journal<Thing>): Promise<number> {
  const entries = await Promise.all((await journal.all()).map(({ id }) => journal.entries(id)));
  return entries.flat().length;
}

/** How many answers the school does not have yet. */
export async function unsent(): Promise<number> {
  return (await withJournal(waitingIn)) + (await withLessons(waitingIn));
}

export async function forgetAll(): Promise<void> {
  await withJournal((journal) => journal.clear());
  await withLessons((journal) => journal.clear());
}

/** Sends what waits of one thing, and forgets it where it is over. */
async function sendOne<Thing extends Held>(journal: Journal<Thing>, id: string, way: Way<Thing>): Promise<void> {
  const written: Promise<void>[] = [];
  const ear: Ear<unknown> = {
    taken: (entry) => written.push(journal.acknowledge(entry)),
    // What is not taken is no answer any more: it is over, or the school has something newer.
    refused: (entry) => written.push(journal.drop(entry)),
    away: () => undefined,
    changed: () => undefined,
  };
  const sender = new Sender(way.save, ear, { monotonicMs: () => systemClock.monotonicMs(), random: Math.random }, way.atOnce);
  for (const entry of await journal.entries(id)) sender.add(entry);
  await sender.drained();
  await Promise.all(written);
  const over = await way.isOver(id).catch((error: unknown) => error instanceof Refused && error.status === 404);
  if (over) await journal.forget(id);
}

async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  // Locks are there only on secure origins; elsewhere two pages may send the same, which harms nothing.
  if (!("locks" in navigator)) return await work();
  await navigator.locks.request(lock, { ifAvailable: true }, (held) => (held ? work() : Promise.resolve()));
}

/** But for what the page at hand shows. */
async function sendAll<Thing extends Held>(journal: Journal<Thing>, way: Way<Thing>, isShown: (of: Thing) => boolean): Promise<void> {
  const mine = (await journal.all()).filter((one) => one.user.id === me.value?.user.id && !isShown(one));
  await Promise.all(mine.map((one) => alone(way.lock(one), () => sendOne(journal, one.id, way))));
}

/** Sends, from any page of the school, what a page that crashed or was closed could not. */
export async function sendLeft(path: string): Promise<void> {
  await withJournal((journal) => sendAll(journal, EXAM, ({ id }) => path.includes(id)));
  await withLessons((journal) => sendAll(journal, LESSON, ({ course }) => path === `/courses/${course}/practice`));
}
