/** The answer that the key calls right, so that the item is seen as it would be answered. */
import type { Key, QuestionKind } from "../../protocol/api";
import type { Value } from "../../ui/question";

export function rightValue(kind: QuestionKind, key: Key): Value | null {
  switch (kind) {
    case "single_choice":
      return key.correct[0] ?? null;
    case "multiple_choice":
      return [...key.correct];
    case "true_false":
      return key.truth;
    case "short_text":
      return key.accepted[0] ?? null;
    case "numeric":
      return key.number === null ? null : { number: key.number, unit: Object.keys(key.units)[0] ?? "" };
    case "matching":
      return key.pairs;
    case "ordering":
      return [...key.order];
    case "cloze":
      return Object.fromEntries(Object.entries(key.gaps).map(([gap, words]) => [gap, words[0] ?? ""]));
    default:
      return null;
  }
}
