/** What a reviewer's edit changes of an item. */
import { expect, test } from "vitest";
import { blank } from "../../src/pages/bank/draft";
import { changesOf, wordsOf } from "../../src/pages/review/changes";
import type { QuestionKind, ReviewEdit } from "../../src/protocol/api";

const say = (word: string) => word;

function whole(kind: QuestionKind = "single_choice"): ReviewEdit {
  const { title, content, key, skills, level, difficulty } = blank(kind, "en");
  const options = ["Air", "Water", "Steel"].map((text, at) => ({ id: `o${at + 1}`, text }));
  return { title, content: { ...content, options, prompt: "Where is sound fast?" }, key: { ...key, correct: ["o3"] }, skills, level, difficulty };
}

function changed(before: ReviewEdit, after: ReviewEdit, kind: QuestionKind = "single_choice") {
  return changesOf(kind, before, after, say).map(({ label, number, before: was, after: is }) => [label, number, was, is]);
}

test("nothing that stays is a change", () => {
  expect(changed(whole(), whole())).toEqual([]);
});

test("an option that is worded anew is one change, though it is the right one", () => {
  const before = whole();
  const options = before.content.options.map((one) => (one.id === "o3" ? { ...one, text: "Iron" } : one));
  expect(changed(before, { ...before, content: { ...before.content, options } })).toEqual([["bank.option.choice", 3, "Steel", "Iron"]]);
});

test("another right answer is said in words, not by its id", () => {
  const before = whole();
  expect(changed(before, { ...before, key: { ...before.key, correct: ["o1"] } })).toEqual([["factory.right", 0, "Steel", "Air"]]);
});

test("an option that goes and one that comes are two changes", () => {
  const before = whole();
  const options = [...before.content.options.slice(1), { id: "o4", text: "Glass" }];
  expect(changed(before, { ...before, content: { ...before.content, options } })).toEqual([
    ["bank.option.choice", 3, "", "Glass"],
    ["bank.option.choice", 1, "Air", ""],
  ]);
});

test("another order is a change", () => {
  const before = whole();
  const options = before.content.options.toReversed();
  expect(changed(before, { ...before, content: { ...before.content, options } })).toEqual([["bank.options", 0, "Air\nWater\nSteel", "Steel\nWater\nAir"]]);
});

test.each<[Partial<ReviewEdit["key"]>, QuestionKind, string]>([
  [{ truth: false }, "true_false", "bank.truth"],
  [{ accepted: ["echo"] }, "short_text", "bank.accepted"],
  [{ number: "343" }, "numeric", "bank.number"],
  [{ tolerance: "5" }, "numeric", "bank.tolerance"],
  [{ relative: true }, "numeric", "bank.relative"],
  [{ units: { m: "1" } }, "numeric", "bank.units"],
  [{ pairs: { l1: "o1" } }, "matching", "factory.pairs"],
  [{ order: ["o2", "o1", "o3"] }, "ordering", "bank.order"],
  [{ gaps: { g1: ["echo"] } }, "cloze", "factory.gapAnswers"],
  [{ case_sensitive: true }, "short_text", "bank.caseSensitive"],
  [{ partial: false }, "matching", "bank.partial"],
  [{ explanation: "It is stiff." }, "single_choice", "bank.explanation"],
  [{ option_feedback: { o1: "No." } }, "single_choice", "bank.feedback"],
  [{ rubric: [{ id: "c1", title: "Clear", levels: [] }] }, "essay", "bank.rubric"],
])("a key with %j is a change of a %s", (key, kind, label) => {
  const before = whole(kind);
  expect(changed(before, { ...before, key: { ...before.key, ...key } }, kind).map(([of]) => of)).toEqual([label]);
});

test("labels are changes", () => {
  const before = whole();
  const after = { ...before, title: "Speed", skills: ["sound"], level: 3, difficulty: 70 };
  expect(changed(before, after).map(([of]) => of)).toEqual(["bank.titleLabel", "bank.skill", "bank.level", "bank.difficulty"]);
});

test("words are marked one by one", () => {
  expect(wordsOf("Where is sound fast?", "Where is the sound slow?")).toEqual([
    { is: "same", text: "Where is " },
    { is: "ins", text: "the " },
    { is: "same", text: "sound " },
    { is: "del", text: "fast?" },
    { is: "ins", text: "slow?" },
  ]);
  expect(wordsOf("", "new")).toEqual([{ is: "ins", text: "new" }]);
  expect(wordsOf("old", "")).toEqual([{ is: "del", text: "old" }]);
});

test("what stays with what goes is the text before, with what comes the text after", () => {
  const texts = ["", "a", "a b c d", "d c b a", "a a b a", "b b a\nc", "a x y c d e", "w ".repeat(500), "w ".repeat(250) + "v ".repeat(450)];
  for (const before of texts)
    for (const after of texts) {
      const pieces = wordsOf(before, after);
      const without = (is: string) => pieces.filter((piece) => piece.is !== is).map(({ text }) => text).join("");
      expect([without("ins"), without("del")]).toEqual([before, after]);
    }
});
