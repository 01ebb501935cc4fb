/** An item while it is written. */
import { expect, test } from "vitest";
import { moved } from "../../src/ui/questions/value";
import type { Question } from "../../src/protocol/api";
import { blank, bodyOf, draftOf, faultsOf, freshId, gapsIn, KINDS, withoutOption, withPrompt, type Draft } from "../../src/pages/bank/draft";

function filled(draft: Draft): Draft {
  return { ...draft, title: "Echo", content: { ...draft.content, prompt: "What is it?" } };
}

test.each(KINDS)("a blank %s lacks at least a title and a prompt", (kind) => {
  const faults = faultsOf(blank(kind, "en"));
  expect(faults.get("/title")).toBe("needed");
  expect(faults.get("/content/prompt")).toBe("needed");
});

test("a choice with words and one right answer is whole", () => {
  const draft = filled(blank("single_choice", "en"));
  const options = draft.content.options.map((option) => ({ ...option, text: option.id }));
  const whole = { ...draft, content: { ...draft.content, options }, key: { ...draft.key, correct: ["o2"] } };
  expect([...faultsOf(whole)]).toEqual([]);
  expect(faultsOf({ ...whole, key: { ...whole.key, correct: [] } }).get("/key/correct")).toBe("one");
});

test("two options that say the same are named at the second", () => {
  const draft = filled(blank("single_choice", "en"));
  const options = [
    { id: "o1", text: "Air" },
    { id: "o2", text: " Air " },
  ];
  expect(faultsOf({ ...draft, content: { ...draft.content, options } }).get("/content/options/1/text")).toBe("repeated");
});

test("a number is a decimal as it is typed, and its tolerance is not negative", () => {
  const draft = filled(blank("numeric", "en"));
  const of = (number: string, tolerance: string) => [...faultsOf({ ...draft, key: { ...draft.key, number, tolerance } }).keys()];
  expect(of("3.20", "0.05")).toEqual([]);
  expect(of("3,20", "-1")).toEqual(["/key/number", "/key/tolerance"]);
});

test("gaps follow the prompt and keep their answers", () => {
  expect(gapsIn("A {{g1}} and {{g2}} and {{g1}}, not {{G 3}}")).toEqual(["g1", "g2"]);
  const first = withPrompt(blank("cloze", "en"), "Sound is a {{g1}} that {{g2}}.");
  const answered = { ...first, key: { ...first.key, gaps: { g1: ["wave"], g2: ["moves"] } } };
  const second = withPrompt(answered, "Sound is a {{g1}}. {{g3}}");
  expect(second.content.gaps.map(({ id }) => id)).toEqual(["g1", "g3"]);
  expect(second.key.gaps).toEqual({ g1: ["wave"], g3: [] });
  expect([...faultsOf({ ...second, title: "Echo" }).keys()]).toEqual(["/key/gaps/g3"]);
});

test("what is put in order is kept in the order of the key and sent as the key", () => {
  const draft = filled(blank("ordering", "en"));
  const question = { ...draft, key: { ...draft.key, order: ["o3", "o1", "o2"] } } as unknown as Question;
  const shown = draftOf(question);
  expect(shown.content.options.map(({ id }) => id)).toEqual(["o3", "o1", "o2"]);
  const reordered = { ...shown, content: { ...shown.content, options: moved(shown.content.options, 2, 0) } };
  expect(bodyOf(reordered).key.order).toEqual(["o2", "o3", "o1"]);
});

test("an option that goes takes along what the key says of it", () => {
  const draft = blank("matching", "en");
  const paired = { ...draft, key: { ...draft.key, correct: ["r1"], pairs: { l1: "r1", l2: "r2" }, option_feedback: { r1: "No" } } };
  const { content, key } = withoutOption(paired, "r1");
  expect(content.options.map(({ id }) => id)).toEqual(["r2", "r3"]);
  expect([key.correct, key.pairs, key.option_feedback]).toEqual([[], { l2: "r2" }, {}]);
});

test("an id is never given twice", () => {
  expect(freshId("o", ["o1", "o3"])).toBe("o2");
});
