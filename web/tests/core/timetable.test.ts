/** The class to act on is the open one, or else the next of today. */
import { describe, expect, test } from "vitest";
import { minutesUntil, over, timetable } from "../../src/core/timetable";
import type { ClassState, LiveClass } from "../../src/protocol/api";

const NOW = new Date(2026, 10, 20, 10, 0).getTime();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function lesson(id: string, startsInMs: number, state: ClassState = "scheduled"): LiveClass {
  return {
    id,
    course_id: "c",
    course_title: "Maths 8B",
    title: id,
    state,
    starts_at: new Date(NOW + startsInMs).toISOString(),
    ends_at: new Date(NOW + startsInMs + 45 * MINUTE).toISOString(),
    opened_at: null,
    closed_at: null,
    my_role: "student",
  };
}

const ids = (of: readonly LiveClass[]) => of.map(({ id }) => id);

describe("the timetable", () => {
  test("puts an open class before the next one", () => {
    const { now } = timetable([lesson("next", HOUR), lesson("open", -2 * HOUR, "open")], NOW);
    expect(now?.id).toBe("open");
  });

  test("takes the next of today, and passes by what is over or missed", () => {
    const { now } = timetable([lesson("later", 3 * HOUR), lesson("next", HOUR), lesson("missed", -2 * HOUR), lesson("closed", -HOUR, "closed")], NOW);
    expect(now?.id).toBe("next");
  });

  test("has nothing to act on when the next is tomorrow", () => {
    expect(timetable([lesson("tomorrow", 24 * HOUR)], NOW).now).toBeNull();
  });

  test("parts the days, soonest first, and the past from its end", () => {
    const all = [lesson("in two days", 48 * HOUR), lesson("tomorrow", 24 * HOUR), lesson("today", HOUR), lesson("long ago", -72 * HOUR), lesson("lately", -48 * HOUR)];
    const { today, later, past } = timetable(all, NOW);
    expect([ids(today), ids(later), ids(past)]).toEqual([["today"], ["tomorrow", "in two days"], ["lately", "long ago"]]);
  });

  test("keeps a class that is still open from yesterday in today", () => {
    expect(ids(timetable([lesson("long", -20 * HOUR, "open")], NOW).today)).toEqual(["long"]);
  });
});

test("minutes until a class are rounded up, and never below none", () => {
  expect([minutesUntil(lesson("a", 5.2 * MINUTE), NOW), minutesUntil(lesson("b", -MINUTE), NOW)]).toEqual([6, 0]);
});

test("a scheduled class is over once its end has passed", () => {
  expect([over(lesson("a", -HOUR), NOW), over(lesson("b", -30 * MINUTE), NOW), over(lesson("c", -HOUR, "open"), NOW)]).toEqual([true, false, false]);
});
