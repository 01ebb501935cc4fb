/** What a marker sees next, and what a choice of levels is worth. */
import { expect, test } from "vitest";
import type { AttemptLine, Criterion, ItemResult, Mark, Script } from "../../src/protocol/api";
import { beside, byHand, draftOf, earned, earnedBy, isSame, nextOpen, queued, roundFor } from "../../src/pages/marking/queue";

const level = (points: number) => ({ title: String(points), earned_milli: points * 1000 });
const RUBRIC: readonly Criterion[] = [
  { id: "c1", title: "Idea", levels: [level(0), level(1), level(2)] },
  { id: "c2", title: "Words", levels: [level(0), level(2)] },
];

function line(id: string, name: string, to_mark: number, state: AttemptLine["state"] = "marking"): AttemptLine {
  return { id, user_id: id, name, number: 1, state, submitted_at: null, submitted_by: null, late: false, late_answers: 0, count_late: false, to_mark, earned_milli: null, possible_milli: null, released: false };
}

function item(id: string, change: object = {}): ItemResult {
  return { item: { id, kind: "essay" }, value: "words", possible_milli: 5000, reason: "to_mark", key: { rubric: [] }, ...change } as unknown as ItemResult;
}

function mark(change: Partial<Mark>): Mark {
  return { item_id: "i1", round: 1, marker: "mia", marker_name: "Mia", earned_milli: 3000, criteria: {}, comment: "", version: 1, at: "2026-11-20T10:00:00Z", ...change };
}

test("levels are worth their share of the best, once each criterion has one", () => {
  expect(earnedBy(RUBRIC, { c1: 1 }, 10_000)).toBeNull();
  expect(earnedBy(RUBRIC, { c1: 1, c2: 1 }, 10_000)).toBe(7500);
  expect(earnedBy(RUBRIC, { c1: 2, c2: 1 }, 3000)).toBe(3000);
  expect(earnedBy(RUBRIC, { c1: 7, c2: 1 }, 3000)).toBeNull();
});

test("points without a rubric are a number that the item can give", () => {
  const of = (points: string) => earned(item("i1"), { criteria: {}, points, comment: "" });
  expect([of(""), of("2.5"), of("2,5"), of("5.001"), of("-1"), of("x")]).toEqual([null, 2500, 2500, null, null, null]);
});

test("those who wait stand first, and what is not handed in does not stand there", () => {
  const lines = [line("a", "Zoe", 1), line("b", "Ann", 0, "graded"), line("c", "Bea", 2), line("d", "Dan", 0, "open")];
  const queue = queued(lines, "en");
  expect(queue.map(({ name }) => name)).toEqual(["Bea", "Zoe", "Ann"]);
  expect(beside(queue, "a", 1)?.name).toBe("Ann");
  expect(beside(queue, "c", -1)).toBeNull();
});

test("what was left empty needs nobody, unless somebody marked it", () => {
  const items = [item("i1"), item("i2", { value: null, reason: "unanswered" }), item("i3", { item: { id: "i3", kind: "numeric" } }), item("i4", { value: null, reason: "marked" })];
  const script = { items, marks: [mark({ item_id: "i4" })] } as unknown as Script;
  expect(byHand(script).map((one) => one.item.id)).toEqual(["i1", "i4"]);
});

test("the second round is for somebody else", () => {
  const script = (second_round: boolean) => ({ second_round, marks: [mark({})] }) as unknown as Script;
  expect(roundFor(script(true), "i1", "mia")).toBe(1);
  expect(roundFor(script(true), "i1", "noa")).toBe(2);
  expect(roundFor(script(false), "i1", "noa")).toBe(1);
});

test("after a level the next criterion without one is up", () => {
  expect(nextOpen(RUBRIC, { c1: 1 }, 0)).toBe(1);
  expect(nextOpen(RUBRIC, { c2: 1 }, 1)).toBe(0);
  expect(nextOpen(RUBRIC, { c1: 0, c2: 1 }, 0)).toBe(1);
});

test("a draft is the mark that stands until something is changed", () => {
  expect(draftOf(mark({ criteria: { c2: 1, c1: 0 } })).points).toBe("");
  expect(draftOf(mark({}))).toEqual({ criteria: {}, points: "3", comment: "" });
  expect(isSame(draftOf(mark({ criteria: { c2: 1, c1: 0 } })), draftOf(mark({ criteria: { c1: 0, c2: 1 } })))).toBe(true);
});
