/** Opens a lesson of the tutor in this page: the one that was begun here, or the next one. */
import { begunIn, note, strike, type Begun } from "../../core/begun";
import { Refused, Unreachable } from "../../core/errors";
import { Journal } from "../../core/journal";
import { lockOfLesson, practice, type KeptLesson } from "../../core/practice";
import { keptOf, PracticeLesson } from "../../core/practising";
import { me } from "../../core/session";
import { prepareProse } from "../../ui/prose";
import { bringPictures } from "../exam/pictures";

export interface Open {
  /** Null: there is nothing to practise yet. */
  readonly lesson: PracticeLesson | null;
  /** Another page of this browser may have it from now on. */
  readonly close: () => void;
}

/** So long a lesson that this browser has waits for the school. */
const PATIENCE_MS = 4_000;
const MATHS = /\$|\\\(/;
const NOTHING: Open = { lesson: null, close: () => undefined };

let diary: Promise<Journal<KeptLesson>> | null = null;

function theJournal(): Promise<Journal<KeptLesson>> {
  diary ??= Journal.open<KeptLesson>("practice");
  return diary;
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
  const before = await (await theJournal()).kept(begun.id);
  const here = before?.user.id === user.id ? before : null;
  try {
    const whole = await practice.get(begun.id, here ? AbortSignal.timeout(PATIENCE_MS) : undefined);
    return whole.finished ? null : keptOf(whole, begun.key, user);
  } catch (error) {
    if (error instanceof Refused && [403, 404].includes(error.status)) return null;
    if (!here || !isAway(error)) throw error;
    return here;
  }
}

/** The page, its maths and its words outlive the link, and a reload without one. */
async function outlast(course: string): Promise<void> {
  // The pages of a developer's server change by the second; there is no worker for them.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // Its own page and no other: nothing else of a course is here without a link.
  await navigator.serviceWorker.register("/lesson-worker.js", { scope: `/courses/${course}/practice` });
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
  void Promise.allSettled([bringPictures(kept.id, lesson.pictures, journal), maths ? prepareProse() : null, tidy(journal, kept), outlast(kept.course)]);
  const unwatch = lesson.summary.subscribe((summary) => summary && strike(kept.course, kept.key));
  const close = () => {
    unwatch();
    lesson.close();
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
