/** The board's rows: who needs somebody first, how many are where, how old the picture is; pure. */
import type { BoardRow, LiveState } from "../../protocol/api";

/** Those who may need help first, those who are done last. */
export const STATES: readonly LiveState[] = ["lost_link", "idle", "started", "answering", "not_started", "submitted"];

export type Counts = Readonly<Record<LiveState, number>>;

export function counts(rows: readonly BoardRow[]): Counts {
  const all: Record<LiveState, number> = { lost_link: 0, idle: 0, started: 0, answering: 0, not_started: 0, submitted: 0 };
  for (const { live } of rows) all[live] += 1;
  return all;
}

export type Order = "need" | "name";

export function ordered(rows: readonly BoardRow[], order: Order, locale: string): readonly BoardRow[] {
  const byName = (one: BoardRow, other: BoardRow) => one.name.localeCompare(other.name, locale);
  const rank = ({ live }: BoardRow) => STATES.indexOf(live);
  return rows.toSorted((one, other) => (order === "need" ? rank(one) - rank(other) : 0) || byName(one, other));
}

/** Time left by the server's clock; null without an end. */
export function leftMs(row: BoardRow, nowMs: number): number | null {
  return row.ends_at === null ? null : Math.max(0, Date.parse(row.ends_at) - nowMs);
}

export function ageMs(at: string | null, nowMs: number): number | null {
  return at === null ? null : Math.max(0, nowMs - Date.parse(at));
}

const JITTER = 0.25;

/** Boards of many teachers do not ask at the same moment. */
export function nextLookMs(everyMs: number, random: () => number): number {
  return everyMs * (1 - JITTER + random() * 2 * JITTER);
}

/** When the last of those who are in it must be done. */
export function lastEnd(rows: readonly BoardRow[]): string | null {
  const ends = rows.filter(({ live }) => live !== "not_started" && live !== "submitted").flatMap(({ ends_at }) => ends_at ?? []);
  return ends.toSorted((one, other) => Date.parse(one) - Date.parse(other)).at(-1) ?? null;
}
