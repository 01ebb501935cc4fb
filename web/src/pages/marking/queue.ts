/** What is marked by hand, in which order, and what a choice of levels is worth; pure. */
import type { AttemptLine, Criterion, ItemResult, Mark, Script } from "../../protocol/api";
import { BY_HAND } from "../bank/draft";

/** What a marker has chosen and written for one item, not yet sent. */
export interface Draft {
  readonly criteria: Readonly<Record<string, number>>;
  /** As it was typed. */
  readonly points: string;
  readonly comment: string;
}

/** Those who wait first, each group by name. */
export function queued(lines: readonly AttemptLine[], locale: string): readonly AttemptLine[] {
  const handedIn = lines.filter(({ state }) => state === "submitted" || state === "marking" || state === "graded");
  const waits = ({ to_mark }: AttemptLine) => (to_mark > 0 ? 0 : 1);
  return handedIn.toSorted((one, other) => waits(one) - waits(other) || one.name.localeCompare(other.name, locale) || one.number - other.number);
}

/** The items of an attempt that a person marks: what was left empty needs nobody. */
export function byHand(script: Script): readonly ItemResult[] {
  const marked = new Set(script.marks.map(({ item_id }) => item_id));
  return script.items.filter(({ item, value, reason }) => BY_HAND.has(item.kind) && (value !== null || reason === "to_mark" || marked.has(item.id)));
}

/** The first round, until somebody else has given it. */
export function roundFor(script: Script, itemId: string, me: string): 1 | 2 {
  const first = script.marks.find((mark) => mark.item_id === itemId && mark.round === 1);
  return script.second_round && first && first.marker !== me ? 2 : 1;
}

export function markOf(script: Script, itemId: string, round: number): Mark | null {
  return script.marks.find((mark) => mark.item_id === itemId && mark.round === round) ?? null;
}

export function rubricOf(item: ItemResult): readonly Criterion[] {
  return item.key?.rubric ?? [];
}

export function draftOf(mark: Mark | null): Draft {
  if (!mark) return { criteria: {}, points: "", comment: "" };
  const byLevels = Object.keys(mark.criteria).length > 0;
  return { criteria: mark.criteria, points: byLevels ? "" : String(mark.earned_milli / 1000), comment: mark.comment };
}

/** What the chosen levels are worth: their share of the best of each criterion. Null until each has one. */
export function earnedBy(rubric: readonly Criterion[], chosen: Readonly<Record<string, number>>, possibleMilli: number): number | null {
  let got = 0;
  let best = 0;
  for (const { id, levels } of rubric) {
    const level = levels[chosen[id] ?? -1];
    if (!level) return null;
    got += level.earned_milli;
    best += Math.max(...levels.map(({ earned_milli }) => earned_milli));
  }
  return best === 0 ? 0 : Math.round((possibleMilli * got) / best);
}

/** The points of a draft in thousandths, or null while it says none that fit. */
export function earned(item: ItemResult, draft: Draft): number | null {
  const rubric = rubricOf(item);
  if (rubric.length > 0) return earnedBy(rubric, draft.criteria, item.possible_milli);
  const typed = draft.points.trim().replace(",", ".");
  const milli = Math.round(Number(typed) * 1000);
  return typed !== "" && milli >= 0 && milli <= item.possible_milli ? milli : null;
}

export function isSame(one: Draft, other: Draft): boolean {
  const chosen = Object.entries(one.criteria);
  const sameLevels = chosen.length === Object.keys(other.criteria).length && chosen.every(([id, level]) => other.criteria[id] === level);
  return one.points === other.points && one.comment === other.comment && sameLevels;
}

/** The next criterion without a level, after this one and then from the first; this one when all have theirs. */
export function nextOpen(rubric: readonly Criterion[], chosen: Readonly<Record<string, number>>, from: number): number {
  for (let step = 1; step <= rubric.length; step++) {
    const at = (from + step) % rubric.length;
    const criterion = rubric[at];
    if (criterion && chosen[criterion.id] === undefined) return at;
  }
  return Math.min(from + 1, rubric.length - 1);
}

/** The attempt before or after this one; null at the ends. */
export function beside(queue: readonly AttemptLine[], id: string, step: 1 | -1): AttemptLine | null {
  const at = queue.findIndex((line) => line.id === id);
  return at < 0 ? null : (queue[at + step] ?? null);
}
