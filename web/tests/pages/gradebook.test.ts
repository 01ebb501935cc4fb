/** What the gradebook says in its cells. */
import { expect, test } from "vitest";
import type { Gradebook, GradebookCell, GradebookColumn, GradebookRow } from "../../src/protocol/api";
import { faultsOf, median, named, ordered, said, weightShare } from "../../src/pages/gradebook/cells";

function cell(change: Partial<GradebookCell>): GradebookCell {
  return { assessment_id: "a1", attempt_id: "t1", state: "graded", earned_milli: 7500, possible_milli: 10_000, late: false, dropped: false, released: true, ...change };
}

function row(name: string, share: number | null, cells: readonly GradebookCell[] = []): GradebookRow {
  return { user_id: name, name, cells, share, letter: null };
}

const COLUMN: GradebookColumn = { assessment_id: "a1", title: "Test", category: "tests", possible_milli: 10_000, released: true };

test("a cell says its figure, or why it has none", () => {
  expect(said(cell({}), "points")).toEqual({ is: "figure", value: 7.5 });
  expect(said(cell({}), "percent")).toEqual({ is: "figure", value: 0.75 });
  expect(said(cell({ state: "marking", earned_milli: null }), "points")).toEqual({ is: "marking" });
  expect(said(undefined, "points")).toEqual({ is: "none" });
  expect(said(cell({ state: "none", earned_milli: null }), "points")).toEqual({ is: "none" });
});

test("the median is of those who have a figure", () => {
  const rows = [2000, 4000, 9000, 10_000].map((earned_milli, at) => row(String(at), null, [cell({ earned_milli })]));
  const book = { rows: [...rows, row("without", null)] } as unknown as Gradebook;
  expect(median(book, COLUMN, "points")).toBe(6.5);
  expect(median({ rows: [] } as unknown as Gradebook, COLUMN, "points")).toBeNull();
});

test("rows stand by name or by what they have, and are found by any part of a name", () => {
  const rows = [row("Zoe van Berg", 0.9), row("Ann Berg", null), row("Ben Okafor", 0.95)];
  expect(ordered(rows, "name", "en").map(({ name }) => name)).toEqual(["Ann Berg", "Ben Okafor", "Zoe van Berg"]);
  expect(ordered(rows, "share", "en").map(({ name }) => name)).toEqual(["Ben Okafor", "Zoe van Berg", "Ann Berg"]);
  expect(named(rows, "BERG zo").map(({ name }) => name)).toEqual(["Zoe van Berg"]);
});

test("a category counts for its share of all weights", () => {
  const settings = { categories: [{ id: "tests", title: "Tests", weight: 3, drop_lowest: 0 }, { id: "work", title: "Work", weight: 1, drop_lowest: 1 }] };
  expect(weightShare(settings, "tests")).toBe(0.75);
  expect(weightShare(settings, "gone")).toBeNull();
});

test("letters begin at different percentages, and everything has a name", () => {
  const faults = faultsOf({
    categories: [{ id: "c1", title: " ", weight: Number.NaN, drop_lowest: 0 }],
    letters: [{ letter: "A", from_percent: 90 }, { letter: "B", from_percent: 90 }, { letter: "C", from_percent: 101 }],
  });
  expect([...faults]).toEqual([
    ["/categories/0/title", "needed"],
    ["/categories/0/weight", "number"],
    ["/letters/1/from_percent", "repeated"],
    ["/letters/2/from_percent", "number"],
  ]);
});
