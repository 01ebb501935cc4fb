/** What figures of skill mean to people, and what a lesson says of itself. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import { learn, speak } from "../../src/i18n";
import { headOf, minutesLeft, streakOf, whyOf } from "../../src/pages/practice/telling";
import { byNeed, isDue, levelOf, stuckFirst, stuckSkills, turnOf, wishes } from "../../src/pages/skills/levels";
import type { LearnerSkills, Skill, Verdict, Why } from "../../src/protocol/api";

const NOW = Date.parse("2026-11-20T10:00:00Z");

function skill(name: string, strength: number, more: Partial<Skill> = {}): Skill {
  return { skill: name, strength_milli: strength, recall_milli: 950, answered: 3, right: 2, due_at: null, last_at: null, ...more };
}

function learner(name: string, stuck: readonly string[], ...skills: readonly Skill[]): LearnerSkills {
  return { user_id: name, name, skills, stuck, last_at: null };
}

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: { lang: "", dir: "" } });
  vi.stubGlobal("navigator", { language: "en", languages: ["en"] });
  await speak("en");
  await learn(["practice"]);
});

test.each([[0, "begun"], [599, "begun"], [600, "growing"], [750, "steady"], [880, "strong"], [1000, "strong"]])("a strength of %i is %s", (milli, level) => {
  expect(levelOf(milli)).toBe(level);
});

test.each([[590, 610, "up"], [610, 640, "stronger"], [640, 645, "same"], [645, 630, "weaker"], [760, 740, "weaker"]])("from %i to %i is %s", (before, after, turn) => {
  expect(turnOf({ skill: "s", before_milli: before, after_milli: after })).toBe(turn);
});

test("a skill is due from its moment on, and never before it was met", () => {
  expect(isDue(skill("a", 500, { due_at: "2026-11-20T10:00:00Z" }), NOW)).toBe(true);
  expect(isDue(skill("a", 500, { due_at: "2026-11-20T10:00:01Z" }), NOW)).toBe(false);
  expect(isDue(skill("a", 500, { due_at: "2026-11-19T10:00:00Z", answered: 0 }), NOW)).toBe(false);
});

test("what is due comes first, then the weakest", () => {
  const due = { due_at: "2026-11-19T10:00:00Z" };
  expect(byNeed([skill("a", 900), skill("b", 300), skill("c", 950, due)], NOW).map((one) => one.skill)).toEqual(["c", "b", "a"]);
});

test("who is stuck on most comes first, then who is weakest there, then by name", () => {
  const all = [learner("Bo", []), learner("Ada", []), learner("Cy", ["x"], skill("x", 400)), learner("Di", ["x"], skill("x", 300)), learner("Ed", ["x", "y"])];
  expect(stuckFirst(all, "en").map(({ name }) => name)).toEqual(["Ed", "Di", "Cy", "Ada", "Bo"]);
  expect(stuckSkills({ skills: ["z", "y", "x"], learners: all }).map((one) => [one.skill, one.learners.length])).toEqual([["x", 3], ["y", 1]]);
});

test("what was assigned in one wish is one thing, whoever it was given to", () => {
  const line = { user_id: "u", name: "n", items: 5, given: 0 };
  const all = [
    { ...line, id: "4", skill: "x", created_at: "t2" },
    { ...line, id: "3", skill: "x", created_at: "t1" },
    { ...line, id: "2", skill: "x", created_at: "t1" },
    { ...line, id: "1", skill: "y", created_at: "t1" },
  ];
  expect(wishes(all).map(({ id, lines }) => [id, lines.length])).toEqual([["4", 1], ["3", 2], ["1", 1]]);
});

describe("a lesson", () => {
  test.each<Why>(["due_review", "weak_skill", "recent_mistake", "class_quiz", "assigned", "new_skill", "stretch", "at_level"])("says why an item is there: %s", (why) => {
    const said = whyOf({ why, skill: "slope", days: 3 });
    expect(said).toContain("slope");
    expect(whyOf({ why, skill: "", days: 3 })).not.toMatch(/slope|\{|practice\./);
  });

  test("says since when a review is due", () => {
    expect(whyOf({ why: "due_review", skill: "slope", days: 1 })).toContain("yesterday");
    expect(whyOf({ why: "due_review", skill: "slope", days: 4 })).toContain("4 days ago");
    expect(whyOf({ why: "due_review", skill: "slope", days: 0 })).not.toMatch(/ago|yesterday/);
  });

  test.each<[Partial<Verdict>, string]>([
    [{ correct: true, reason: "right" }, "Right."],
    [{ correct: false, reason: "wrong", earned_milli: 0 }, "Not yet."],
    [{ correct: false, reason: "partly", earned_milli: 500 }, "Not yet, and close."],
    [{ correct: false, reason: "unit_missing" }, "Not yet. The unit is missing."],
    [{ correct: false, reason: "wrong_shape" }, "Not yet."],
  ])("says of %j: %s", (verdict, said) => expect(headOf(verdict as Verdict)).toBe(said));

  test("speaks of a streak only when it is one, and never of its end", () => {
    expect([0, 1, 2, 3].map((streak) => streakOf({ streak } as Verdict))).toEqual(["", "", "", "3 in a row"]);
  });

  test.each([[20, [], 5], [20, [5_000, 5_000, 5_000], 3], [1, [5_000], 1], [0, [], 1], [10, [3_600_000], 6]])("of %i items more, after %j, takes %i minutes", (left, took, minutes) => {
    expect(minutesLeft(left, took)).toBe(minutes);
  });
});
