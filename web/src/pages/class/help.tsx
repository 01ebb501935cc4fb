/** The keys of a class. */
import { t, type Key } from "../../i18n";
import { KeysHelp } from "../keyshelp";

const LIST: readonly (readonly [string, Key])[] = [
  ["M", "class.keyMic"],
  ["Space", "class.keyTalk"],
  ["V", "class.keyCamera"],
  ["S", "class.keyShare"],
  ["H", "class.keyHand"],
  ["F", "class.keyFirst"],
  ["E", "class.keyReact"],
  ["C", "class.keyChat"],
  ["P", "class.keyPeople"],
  ["Q", "class.quiz"],
  ["T", "class.keyLayout"],
  ["Esc", "class.keyClose"],
  ["?", "class.keyHelp"],
];

export function Help({ onClose }: { readonly onClose: () => void }) {
  const list = LIST.map(([key, what]) => [key === "Space" ? t("class.keySpace") : key, what] as const);
  return <KeysHelp list={list} onClose={onClose} />;
}
