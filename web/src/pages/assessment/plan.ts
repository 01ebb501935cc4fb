/** An exam while it is put together: its parts, what they ask for, and whether the bank has it; pure. */
import type { Draw, LatePolicy, QuestionLine, Release, Section, Settings, Standing } from "../../protocol/api";
import { freshId } from "../bank/draft";

export const LATE_POLICIES: readonly LatePolicy[] = ["refuse", "keep", "count"];
export const RELEASES: readonly Release[] = ["together", "at_once"];
export const STANDINGS: readonly Standing[] = ["best", "last", "first", "average"];

export interface Plan {
  readonly title: string;
  readonly opens_at: string | null;
  readonly closes_at: string | null;
  readonly settings: Settings;
}

export const NO_DRAW: Draw = { count: 5, skills: [], levels: [], tags: [], language: null };

export function withSection(sections: readonly Section[]): readonly Section[] {
  const id = freshId("s", sections.map((section) => section.id));
  return [...sections, { id, title: "", text: "", question_ids: [], draws: [], points_milli: 1000, shuffle: false }];
}

function has(all: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((one) => all.includes(one));
}

/** Whether a draw may take an item: it is ready, and has all that is asked for. */
export function fits(draw: Draw, line: QuestionLine): boolean {
  if (line.state !== "published") return false;
  if (draw.language !== null && draw.language !== line.language) return false;
  if (draw.levels.length > 0 && !draw.levels.includes(line.level)) return false;
  return has(line.skills, draw.skills) && has(line.tags, draw.tags);
}

/** How many of the bank a draw may take, without those that the exam names itself. */
export function fitting(draw: Draw, bank: readonly QuestionLine[], sections: readonly Section[]): number {
  const named = new Set(sections.flatMap((section) => section.question_ids));
  return bank.filter((line) => !named.has(line.id) && fits(draw, line)).length;
}

export function itemsOf(sections: readonly Section[]): number {
  return sections.reduce((sum, { question_ids, draws }) => sum + question_ids.length + draws.reduce((more, { count }) => more + count, 0), 0);
}

export function pointsOf(sections: readonly Section[]): number {
  return sections.reduce((sum, section) => sum + itemsOf([section]) * section.points_milli, 0) / 1000;
}

/** The first draw for which the bank has too few, if there is one. */
export function isShort(sections: readonly Section[], bank: readonly QuestionLine[]): boolean {
  return sections.some(({ draws }) => draws.some((draw) => fitting(draw, bank, sections) < draw.count));
}

/** What can be wrong with a plan, by its last word in the catalogue: `assessment.fault.${what}`. */
export type What = "needed" | "order" | "number" | "count";

export function faultsOf({ title, opens_at, closes_at, settings }: Plan): ReadonlyMap<string, What> {
  const found = new Map<string, What>();
  if (!title.trim()) found.set("/title", "needed");
  if (opens_at && closes_at && Date.parse(closes_at) <= Date.parse(opens_at)) found.set("/closes_at", "order");
  const limit = settings.time_limit_minutes;
  if (limit !== null && !(limit >= 1)) found.set("/settings/time_limit_minutes", "number");
  if (!(settings.attempts_allowed >= 1)) found.set("/settings/attempts_allowed", "number");
  for (const [index, { draws }] of settings.sections.entries())
    for (const [at, { count }] of draws.entries())
      if (!(count >= 1 && count <= 200)) found.set(`/settings/sections/${index}/draws/${at}/count`, "count");
  return found;
}
