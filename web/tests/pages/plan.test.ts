/** An exam while it is put together. */
import { expect, test } from "vitest";
import type { Draw, QuestionLine, Section, Settings } from "../../src/protocol/api";
import { faultsOf, fitting, fits, isShort, itemsOf, NO_DRAW, pointsOf, withSection } from "../../src/pages/assessment/plan";

function line(id: string, change: Partial<QuestionLine> = {}): QuestionLine {
  return {
    id,
    version: 1,
    kind: "numeric",
    title: id,
    skills: ["waves"],
    tags: ["term 1"],
    level: 2,
    language: "en",
    difficulty: 50,
    state: "published",
    updated_at: "2026-11-20T09:00:00Z",
    ...change,
  };
}

function section(change: Partial<Section>): Section {
  const [made] = withSection([]);
  if (!made) throw new Error("no section was made");
  return { ...made, ...change };
}

const draw = (change: Partial<Draw>): Draw => ({ ...NO_DRAW, ...change });

test("a draw takes what has all skills and tags, one of the levels, and the language", () => {
  const one = line("q1", { skills: ["waves", "sound"] });
  expect(fits(draw({ skills: ["sound", "waves"], levels: [1, 2], tags: ["term 1"], language: "en" }), one)).toBe(true);
  expect(fits(draw({ skills: ["sound", "light"] }), one)).toBe(false);
  expect(fits(draw({ levels: [3] }), one)).toBe(false);
  expect(fits(draw({ language: "ar" }), one)).toBe(false);
});

test("a draft is never drawn, nor what the exam names itself", () => {
  const bank = [line("q1"), line("q2", { state: "draft" }), line("q3"), line("q4", { state: "retired" })];
  expect(fitting(NO_DRAW, bank, [section({ question_ids: ["q3"] })])).toBe(1);
  expect(isShort([section({ draws: [draw({ count: 2 })] })], bank)).toBe(false);
  expect(isShort([section({ draws: [draw({ count: 3 })] })], bank)).toBe(true);
});

test("items and points are counted over all sections", () => {
  const sections = [section({ question_ids: ["a", "b"], points_milli: 1500 }), section({ draws: [draw({ count: 4 })], points_milli: 500 })];
  expect(itemsOf(sections)).toBe(6);
  expect(pointsOf(sections)).toBe(5);
});

test("an exam that closes before it opens, or draws nothing, is told so at the field", () => {
  const settings = { sections: [section({ draws: [draw({ count: 0 })] })], time_limit_minutes: 0, attempts_allowed: 1 } as unknown as Settings;
  const faults = faultsOf({ title: " ", opens_at: "2026-11-20T10:00:00Z", closes_at: "2026-11-20T09:00:00Z", settings });
  expect([...faults]).toEqual([
    ["/title", "needed"],
    ["/closes_at", "order"],
    ["/settings/time_limit_minutes", "number"],
    ["/settings/sections/0/draws/0/count", "count"],
  ]);
});

test("sections get names that none of the others has", () => {
  const two = withSection(withSection([]));
  expect(withSection(two.slice(1)).map(({ id }) => id)).toEqual(["s2", "s1"]);
});
