/** Answers by kind: what counts as one, how a number is read, how things are put in order. */
import { h } from "preact";
import { render } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import type { Content, Key, QuestionKind } from "../../src/protocol/api";
import { Question } from "../../src/ui/question";
import { GapControl } from "../../src/ui/questions/cloze";
import { isAnswered, isNumber, isOfType, lettered, moved, ordered, plainNumber, readsAs, type Value } from "../../src/ui/questions/value";

const content: Content = {
  prompt: "Ask {{g1}}", options: [{ id: "o1", text: "One" }, { id: "o2", text: "Two" }], left: [{ id: "l1", text: "Left" }], gaps: [{ id: "g1", options: [] }],
  units: ["m"], shuffle: false, max_chars: 100, max_files: 1, max_file_bytes: 1000, file_types: [],
};
const key: Key = {
  correct: ["o2"], truth: false, accepted: ["yes"], case_sensitive: false, number: "3.2", tolerance: "0", relative: false, units: { m: "1" }, pairs: { l1: "o2" },
  order: ["o2", "o1"], gaps: { g1: ["word"] }, partial: true, rubric: [], explanation: "Because.", option_feedback: { o1: "No, because." },
};
const KINDS: readonly (readonly [QuestionKind, Value])[] = [
  ["single_choice", "o1"], ["multiple_choice", ["o1"]], ["true_false", true], ["short_text", "no"], ["numeric", { number: "3.1", unit: "m" }],
  ["matching", { l1: "o1" }], ["ordering", ["o1", "o2"]], ["cloze", { g1: "a word" }], ["essay", "Some words"], ["file_upload", ["u1"]],
];

describe("an answer", () => {
  test.each(KINDS)("of %s is one as soon as it says something", (kind, value) => {
    expect(isAnswered(kind, value)).toBe(true);
    expect(isAnswered(kind, null)).toBe(false);
  });

  test.each<[QuestionKind, Value]>([["short_text", "  "], ["multiple_choice", []], ["matching", {}], ["numeric", { number: " ", unit: "m" }], ["cloze", { g1: "" }]])(
    "of %s that was taken back is none",
    (kind, value) => expect(isAnswered(kind, value)).toBe(false),
  );

  test("false is an answer", () => expect(isAnswered("true_false", false)).toBe(true));
});

test.each([["3,2", "3.2"], ["٣٫٢", "3.2"], ["−5", "-5"], ["+1.50", "1.50"], ["1 000", "1000"], ["1.5e-3", "1.5e-3"]])("the number %s is %s on the wire", (typed, wire) => {
  expect(plainNumber(typed)).toBe(wire);
  expect(isNumber(wire)).toBe(true);
});

test.each(["", "x", "1.", "1.2.3", "0x1f", "1/2", "NaN", "Infinity"])("%j is no number", (text) => expect(isNumber(text)).toBe(false));

test.each<[string, string, boolean]>([["a.PDF", "", true], ["a.ogg", "Audio/ogg", true], ["a.zip", "text/csv", true], ["a.zip", "application/zip", false], ["pdf", "", false]])(
  "whether %s of type %j fits is known before it is sent",
  (name, type, fits) => {
    expect(isOfType([".Pdf", "audio/*", "text/CSV"], { name, type })).toBe(fits);
    expect(isOfType([], { name, type })).toBe(true);
  },
);

test("things keep their order, and what an answer does not name comes last", () => {
  const options = ["a", "b", "c"].map((id) => ({ id, text: id }));
  expect(ordered(options, ["c", "a", "x"]).map(({ id }) => id)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 0, 3)).toEqual(["a", "b", "c"]);
});

test("a list names a formula by its letter alone", () => {
  expect(lettered("$\\lambda$", 1)).toBe("B");
  expect(lettered("**frequency**", 0)).toBe("A · frequency");
});

test.each<[string, boolean, boolean]>([["  Wave ", false, true], ["wave", true, false], ["Wave", true, true], ["W\u200dave", true, true], ["wavelength", false, false], ["", false, false]])(
  "a gap with %j, case kept: %s",
  (typed, caseSensitive, fits) => expect(readsAs(typed, ["Wave"], caseSensitive)).toBe(fits),
);

test.each<[string, boolean, string]>([["Word", false, "question.right<"], ["a word", false, "question.rightIs<"], ["", false, "question.rightIs<"], ["", true, ">word<"]])(
  "a gap with %j (nobody answered: %s) says %j",
  (given, untouched, says) => {
    const review = { key, correct: false };
    const html = render(h(GapControl, { gap: { id: "g1", options: [] }, place: 0, id: "g", given, onGiven: undefined, review, untouched }));
    expect(html).toContain(says);
  },
);

describe.each(KINDS)("a question of %s", (kind, value) => {
  const drawn = (more: object) => render(h(Question, { kind, content, pictures: {}, value, name: "q", ...more }));

  test("can be read without being changed", () => {
    const html = drawn({});
    const controls = [...html.matchAll(/<(?:input|select|textarea|button)[^>]*>/g)].map(([control]) => control);
    expect(controls.filter((one) => !/disabled|readonly/i.test(one))).toEqual([]);
  });

  test("shows nothing of the key before the release, and the explanation after it", () => {
    expect(drawn({ onValue: () => undefined })).not.toContain("Because.");
    expect(drawn({ review: { key, correct: false } })).toContain("Because.");
  });
});
