/** Date and time fields mean moments in the reader's zone. */
import { expect, test } from "vitest";
import { dayField, momentOf, nextHour, span, timeField } from "../../src/core/times";

test("a moment becomes its fields and comes back", () => {
  const at = new Date(2026, 0, 5, 8, 7);
  expect([dayField(at), timeField(at)]).toEqual(["2026-01-05", "08:07"]);
  expect(momentOf(dayField(at), timeField(at))).toEqual(at);
});

test("fields that are not filled in mean no moment", () => {
  expect([momentOf("", "08:00"), momentOf("2026-01-05", ""), momentOf("2026-13-05", "08:00")]).toEqual([null, null, null]);
});

test("a span that ends before it starts ends on the next day", () => {
  const [start, end] = span("2026-01-05", "23:30", "00:15") ?? [];
  expect([start, end]).toEqual([new Date(2026, 0, 5, 23, 30), new Date(2026, 0, 6, 0, 15)]);
});

test("a span of no length is none", () => {
  expect(span("2026-01-05", "10:00", "10:00")).toBeNull();
});

test("the next full hour is after now", () => {
  expect(nextHour(new Date(2026, 0, 5, 23, 10).getTime())).toEqual(new Date(2026, 0, 6, 0, 0));
});
