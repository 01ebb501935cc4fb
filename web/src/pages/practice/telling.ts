/** What a lesson says of itself: why an item is here, how an answer went, how long it still takes; pure but for the words. */
import { keyOr, t } from "../../i18n";
import type { Reason, Verdict } from "../../protocol/api";

/** What an item takes before this learner's own pace is known. */
const ITEM_MS = 15_000;
const PACE_MIN_MS = 4_000;
const PACE_MAX_MS = 60_000;
/** Before this many in a row nothing is said of it. */
const STREAK_SAID = 3;

export function whyOf({ why, skill, days }: Reason): string {
  const named = skill === "" ? "no" : "yes";
  const key = why === "due_review" && days < 1 ? "practice.why.due_soon" : keyOr(`practice.why.${why}`, "practice.why.at_level");
  return t(key, { named, skill, days });
}

export function headOf({ reason, correct, earned_milli: earned }: Verdict): string {
  if (correct === true) return t("practice.verdict.right");
  if (reason === "wrong" && earned > 0) return t("practice.verdict.partly");
  return t(keyOr(`practice.verdict.${reason}`, "practice.verdict.wrong"));
}

export function streakOf({ streak }: Verdict): string {
  return streak >= STREAK_SAID ? t("practice.streak", { count: streak }) : "";
}

/** Whole minutes for the items that are left, by the pace so far; never less than one. */
export function minutesLeft(left: number, tookMs: readonly number[]): number {
  const bounded = tookMs.map((one) => Math.min(PACE_MAX_MS, Math.max(PACE_MIN_MS, one)));
  const pace = bounded.reduce((sum, one) => sum + one, ITEM_MS) / (bounded.length + 1);
  return Math.max(1, Math.round((left * pace) / 60_000));
}
