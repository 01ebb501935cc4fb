/** The rows of the live board. */
import { expect, test } from "vitest";
import type { BoardRow, LiveState } from "../../src/protocol/api";
import { ageMs, counts, lastEnd, leftMs, nextLookMs, ordered } from "../../src/pages/board/rows";

function row(name: string, live: LiveState, change: Partial<BoardRow> = {}): BoardRow {
  return {
    user_id: name,
    name,
    attempt_id: null,
    live,
    answered: 0,
    asked: 4,
    opening: 0,
    started_at: null,
    ends_at: null,
    submitted_at: null,
    answered_at: null,
    seen_at: null,
    late: false,
    ...change,
  };
}

const ROWS = [row("Zainab", "submitted"), row("Ömer", "answering"), row("Aiko", "answering"), row("Lena", "lost_link"), row("Bo", "not_started")];

test("those who may need help stand first, each group by name", () => {
  expect(ordered(ROWS, "need", "en").map(({ name }) => name)).toEqual(["Lena", "Aiko", "Ömer", "Bo", "Zainab"]);
  expect(ordered(ROWS, "name", "en").map(({ name }) => name)).toEqual(["Aiko", "Bo", "Lena", "Ömer", "Zainab"]);
});

test("everybody is counted once", () => {
  expect(counts(ROWS)).toEqual({ lost_link: 1, idle: 0, started: 0, answering: 2, not_started: 1, submitted: 1 });
});

test("time left and age are by the server's clock and never below nothing", () => {
  const now = Date.parse("2026-11-20T10:00:00Z");
  expect(leftMs(row("A", "answering", { ends_at: "2026-11-20T10:05:00Z" }), now)).toBe(300_000);
  expect(leftMs(row("A", "answering", { ends_at: "2026-11-20T09:05:00Z" }), now)).toBe(0);
  expect(leftMs(row("A", "answering"), now)).toBeNull();
  expect(ageMs("2026-11-20T09:59:50Z", now)).toBe(10_000);
  expect(ageMs("2026-11-20T10:00:01Z", now)).toBe(0);
});

test("the last end is of those who are in the exam", () => {
  const ends = [row("A", "answering", { ends_at: "2026-11-20T10:05:00Z" }), row("B", "idle", { ends_at: "2026-11-20T10:20:00Z" }), row("C", "submitted", { ends_at: "2026-11-20T11:00:00Z" })];
  expect(lastEnd(ends)).toBe("2026-11-20T10:20:00Z");
  expect(lastEnd(ROWS)).toBeNull();
});

test("boards look again at different moments, a quarter sooner or later", () => {
  expect([nextLookMs(2000, () => 0), nextLookMs(2000, () => 0.5), nextLookMs(2000, () => 1)]).toEqual([1500, 2000, 2500]);
});
