/** The keys of marking. */
import type { Key } from "../../i18n";
import { KeysHelp } from "../keyshelp";

const LIST: readonly (readonly [string, Key])[] = [
  ["1–9", "marking.keyLevel"],
  ["↑ ↓", "marking.keyCriterion"],
  ["P", "marking.keyPoints"],
  ["C", "marking.keyComment"],
  ["Esc", "marking.keyLeave"],
  ["Enter", "marking.keySave"],
  ["Ctrl Enter", "marking.keySaveField"],
  ["J", "marking.keyNext"],
  ["K", "marking.keyBack"],
];

export function Help({ onClose }: { readonly onClose: () => void }) {
  return <KeysHelp list={LIST} onClose={onClose} />;
}
