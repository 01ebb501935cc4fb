/** The keys of a class, and the switch that turns single letters off. */

import { useState } from "preact/hooks";
import { t, type Key } from "../../i18n";
import { Dialog } from "../../ui/dialog";
import { lettersOn, switchLetters } from "./keys";

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

export function Help({ onClose }: { onClose: () => void }) {
  const [letters, setLetters] = useState(lettersOn);
  return (
    <Dialog title={t("class.keys")} onClose={onClose}>
      <dl class="keys">
        {LIST.map(([key, what]) => (
          <div key={key} class="row">
            <dt><kbd class="kbd">{key === "Space" ? t("class.keySpace") : key}</kbd></dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={letters}
          onChange={({ currentTarget: { checked } }) => {
            switchLetters(checked);
            setLetters(checked);
          }}
        />
        {t("class.keysOn")}
      </label>
    </Dialog>
  );
}
