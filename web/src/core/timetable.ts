/** What of a timetable matters now; pure: the time comes in. */
import type { LiveClass } from "../protocol/api";

export interface Timetable {
  /** The one class to act on: open, or the next of today. */
  readonly now: LiveClass | null;
  readonly today: readonly LiveClass[];
  /** From tomorrow on, soonest first. */
  readonly later: readonly LiveClass[];
  /** Before today, the latest first. */
  readonly past: readonly LiveClass[];
}

function startOf({ starts_at }: LiveClass): number {
  return Date.parse(starts_at);
}

function isOver(one: LiveClass, now: number): boolean {
  return one.state === "closed" || (one.state === "scheduled" && Date.parse(one.ends_at) <= now);
}

/** Midnight to midnight in the reader's zone. */
function dayOf(now: number): readonly [start: number, end: number] {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  const start = day.getTime();
  day.setDate(day.getDate() + 1);
  return [start, day.getTime()];
}

export function timetable(classes: readonly LiveClass[], now: number): Timetable {
  const [start, end] = dayOf(now);
  const soonest = classes.toSorted((one, other) => startOf(one) - startOf(other));
  const open = soonest.filter(({ state }) => state === "open");
  const isToday = (one: LiveClass) => one.state === "open" || (startOf(one) >= start && startOf(one) < end);
  const today = soonest.filter(isToday);
  const next = today.find((one) => one.state === "scheduled" && !isOver(one, now));
  return {
    now: open.at(-1) ?? next ?? null,
    today,
    later: soonest.filter((one) => !isToday(one) && startOf(one) >= end && one.state !== "closed"),
    past: soonest.filter((one) => !isToday(one) && startOf(one) < start).reverse(),
  };
}

export function over(one: LiveClass, now: number): boolean {
  return isOver(one, now);
}

export function minutesUntil(one: LiveClass, now: number): number {
  return Math.max(0, Math.ceil((startOf(one) - now) / 60_000));
}
