/** The messages of the catalogue are read and said as ICU means them. */
import { describe, expect, test } from "vitest";
import { format, parse } from "../../src/i18n/format";

const say = (message: string, values = {}, locale = "en") => format(parse(message), values, locale);

describe("a message", () => {
  test("puts values in their places", () => {
    expect(say("Take {name} out of {course}", { name: "Lena", course: "8B" })).toBe("Take Lena out of 8B");
  });

  test("keeps apostrophes as they are", () => {
    expect(say("it's {what}'s", { what: "hers" })).toBe("it's hers's");
  });

  test("chooses the plural of the language", () => {
    const message = "{count, plural, =0 {nobody} one {one person} other {# people}}";
    expect([0, 1, 2, 1200].map((count) => say(message, { count }))).toEqual(["nobody", "one person", "2 people", "1,200 people"]);
  });

  test("chooses among all six Arabic plurals", () => {
    const message = "{n, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}";
    expect([0, 1, 2, 3, 11, 100].map((n) => say(message, { n }, "ar"))).toEqual(["zero", "one", "two", "few", "many", "other"]);
  });

  test("chooses by a word, and takes other for the rest", () => {
    const message = "{role, select, teacher {You teach} other {You learn}}";
    expect([say(message, { role: "teacher" }), say(message, { role: "student" })]).toEqual(["You teach", "You learn"]);
  });

  test("says a number of one choice inside another", () => {
    expect(say("{a, plural, other {# and {b, plural, other {#}}}}", { a: 2, b: 3 })).toBe("2 and 3");
  });

  test("says dates and numbers in the language's way", () => {
    const at = new Date(2026, 10, 20, 9, 5);
    expect(say("{at, date, long}", { at })).toBe("Friday, November 20");
    expect(say("{share, number, percent}", { share: 0.5 })).toBe("50%");
  });

  test("keeps a name of the other direction to itself", () => {
    expect(say("{name} is in", { name: "ليلى" })).toBe("\u2068ليلى\u2069 is in");
    expect(say("{name} هنا", { name: "Lena" }, "ar")).toBe("\u2068Lena\u2069 هنا");
  });

  test.each(["{", "}", "{a, plural, one {x}}", "{a, colour}", "{a, plural, other {x}"])("is refused when it is not whole: %s", (text) => {
    expect(() => parse(text)).toThrow(/The message/);
  });
});
