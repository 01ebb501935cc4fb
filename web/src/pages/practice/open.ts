/** Opens a lesson of the tutor in this page: the one that was begun here, or the next one. */
import * as drafts from "../../core/drafts";
import { Refused, Unreachable } from "../../core/errors";
import { Journal } from "../../core/journal";
import { lockOfLesson, practice, type KeptLesson } from "../../core/practice";
import { keptOf, PracticeLesson } from "../../core/practising";
import { me } from "../../core/session";
import { prepareProse } from "../../ui/prose";
import { bringPictures } from "../exam/pictures";

/** A lesson that was begun in this browser: `id` is null until the school answered. */
interface Begun {
  readonly key: string;
  readonly id: string | null;
  readonly atMs: number;
}

export interface Open {
  /** Null: there is nothing to practise yet. */
  readonly lesson: PracticeLesson | null;
  /** Another page of this browser may have it from now on. */
  readonly close: () => void;
}

/** What was chosen for a learner is stale after half a day. */
const STALE_MS = 12 * 3_600_000;
const BEGUN_MOST = 5;
const MATHS = /\$|\\\(/;
const NOTHING: Open = { lesson: null, close: () => undefined };

let diary: Promise<Journal<KeptLesson>> | null = null;

function theJournal(): Promise<Journal<KeptLesson>> {
  diary ??= Journal.open<KeptLesson>("practice");
  return diary;
}

function nameOf(course: string): string {
  return `practice.${me.value?.user.id ?? ""}.${course}`;
}

function begunIn(course: string): readonly Begun[] {
  const all = drafts.kept<readonly Begun[]>(nameOf(course)) ?? [];
  return all.filter(({ atMs }) => Date.now() - atMs < STALE_MS);
}

function note(course: string, begun: Begun): void {
  const others = begunIn(course).filter(({ key }) => key !== begun.key);
  drafts.keep(nameOf(course), [begun, ...others].slice(0, BEGUN_MOST));
}

function strike(course: string, key: string): void {
  const others = begunIn(course).filter((one) => one.key !== key);
  if (others.length > 0) drafts.keep(nameOf(course), others);
  else drafts.drop(nameOf(course));
}

/** Whether a lesson was begun here that is not over. */
export function hasBegun(course: string): boolean {
  return begunIn(course).length > 0;
}

/** Null: another page of this browser has that lesson. */
function locked(key: string): Promise<(() => void) | null> {
  // Locks are there only on secure origins; elsewhere two pages share a lesson, and the first answer counts.
  if (!("locks" in navigator)) return Promise.resolve(() => undefined);
  return new Promise((done) => {
    void navigator.locks.request(lockOfLesson(key), { ifAvailable: true }, (lock) => (lock ? new Promise<void>((release) => done(release)) : done(null)));
  });
}

function isAway(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

/** The lesson as the school has it, or as this browser has it while the school is away; null when it is over. */
async function found(course: string, begun: Begun): Promise<KeptLesson | null> {
  const user = me.value?.user;
  if (!user) throw new Error("Nobody is signed in.");
  if (begun.id === null) {
    const next = await practice.next(course, begun.key);
    return keptOf({ ...next, course_id: course, answers: [] }, begun.key, user);
  }
  try {
    const whole = await practice.get(begun.id);
    return whole.finished ? null : keptOf(whole, begun.key, user);
  } catch (error) {
    if (error instanceof Refused && [403, 404].includes(error.status)) return null;
    const here = isAway(error) ? await (await theJournal()).kept(begun.id) : null;
    if (here?.user.id !== user.id) throw error;
    return here;
  }
}

/** Lessons that nobody will go on with need not stay here, once the school has all of them. */
async function tidy(journal: Journal<KeptLesson>, { course, user, id }: KeptLesson): Promise<void> {
  const begun = new Set([id, ...begunIn(course).map((one) => one.id)]);
  const old = (await journal.all()).filter((one) => one.course === course && one.user.id === user.id && !begun.has(one.id));
  for (const one of old) if ((await journal.entries(one.id)).length === 0) await journal.forget(one.id);
}

async function opened(kept: KeptLesson, release: () => void): Promise<Open> {
  const journal = await theJournal();
  const before = await journal.kept(kept.id);
  const lastSeq = Math.max(kept.lastSeq, before?.lastSeq ?? 0);
  await journal.keep({ ...kept, lastSeq });
  const world = { wire: practice, journal, monotonicMs: () => performance.now(), random: Math.random };
  const lesson = new PracticeLesson(world, kept, await journal.entries(kept.id));
  // Each makes the lesson better without a link; none may stop it.
  const maths = kept.items.some(({ content }) => MATHS.test(JSON.stringify(content)));
  void Promise.allSettled([bringPictures(kept.id, lesson.pictures, journal), maths ? prepareProse() : null, tidy(journal, kept)]);
  const close = () => {
    lesson.close();
    if (lesson.summary.value) strike(kept.course, kept.key);
    release();
  };
  return { lesson, close };
}

async function resumed(course: string, begun: Begun): Promise<Open | null> {
  const release = await locked(begun.key);
  if (!release) return null;
  try {
    const kept = await found(course, begun);
    if (kept && kept.items.length > 0) {
      note(course, { ...begun, id: kept.id });
      return await opened(kept, release);
    }
    strike(course, begun.key);
    release();
    return kept ? NOTHING : null;
  } catch (error) {
    release();
    if (!(error instanceof Refused) || error.code !== "nothing_to_practise") throw error;
    strike(course, begun.key);
    return NOTHING;
  }
}

/** Two pages never work at one lesson: what another page has is left to it. */
export async function openLesson(course: string): Promise<Open> {
  for (const begun of begunIn(course)) {
    const open = await resumed(course, begun);
    if (open) return open;
  }
  const begun: Begun = { key: crypto.getRandomValues(new Uint32Array(4)).join("-"), id: null, atMs: Date.now() };
  note(course, begun);
  return (await resumed(course, begun)) ?? NOTHING;
}
