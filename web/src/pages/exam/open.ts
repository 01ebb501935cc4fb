/** Starts an attempt, or opens it in this page: from the school, or from this browser when the school is out of reach. */
import { ExamAttempt } from "../../core/attempt";
import { systemClock } from "../../core/clock";
import { Refused, Unreachable } from "../../core/errors";
import { exams, wire } from "../../core/exams";
import { Journal, type Kept } from "../../core/journal";
import { fresh, type Coming } from "../../core/opening";
import { me } from "../../core/session";
import type { AttemptView, OpenAttempt } from "../../protocol/api";
import { bringPictures } from "./pictures";

export type Opened = { readonly is: "sitting"; readonly attempt: ExamAttempt } | { readonly is: "over"; readonly view: AttemptView };

let journal: Promise<Journal> | null = null;
/** What the start page got: opening it again would count as another device. */
let handed: { readonly paper: OpenAttempt; readonly sentMs: number } | null = null;

function theJournal(): Promise<Journal> {
  journal ??= Journal.open();
  return journal;
}

export async function begin(assessment: string, password: string): Promise<string> {
  const sentMs = systemClock.monotonicMs();
  const paper = await exams.start(assessment, password);
  handed = { paper, sentMs };
  return paper.id;
}

function isAway(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

async function sitting(diary: Journal, kept: Kept, coming: Coming): Promise<Opened> {
  const entries = await diary.entries(kept.id);
  const attempt = new ExamAttempt({ wire, journal: diary, clock: systemClock, random: Math.random }, kept, entries, coming);
  void bringPictures(kept.id, attempt.pictures, diary);
  return { is: "sitting", attempt };
}

async function sat(paper: OpenAttempt, sentMs: number, before: Kept | null): Promise<Opened> {
  const user = me.value?.user;
  if (!user) throw new Error("Nobody is signed in.");
  const diary = await theJournal();
  const kept = fresh(paper, user, before, systemClock.wallMs() + paper.remaining_ms);
  await diary.keep(kept);
  return await sitting(diary, kept, { sentMs });
}

async function satOffline(kept: Kept, mayHaveOpened: boolean): Promise<Opened> {
  return await sitting(await theJournal(), kept, { mayHaveOpened });
}

export async function openAttempt(assessment: string, id: string): Promise<Opened> {
  const given = handed?.paper.id === id ? handed : null;
  handed = null;
  const found = await (await theJournal()).kept(id);
  const before = found?.user.id === me.value?.user.id ? found : null;
  if (given) return await sat(given.paper, given.sentMs, before);
  let asked = false;
  try {
    // A look first: a start would begin the next attempt where this one is over.
    const view = await wire.view(id);
    if (view.state !== "open" && view.state !== "ready") return { is: "over", view };
    asked = true;
    const sentMs = systemClock.monotonicMs();
    const paper = await wire.open(assessment);
    return await sat(paper, sentMs, before);
  } catch (error) {
    if (!before || !isAway(error)) throw error;
    return await satOffline(before, asked);
  }
}
