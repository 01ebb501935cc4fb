/** The keys of marking, and the switch that turns single ones off. */
import { useState } from "preact/hooks";
import { t, type Key } from "../../i18n";
import { Dialog } from "../../ui/dialog";
import { CheckBox } from "../../ui/form";
import { lettersOn, switchLetters } from "../class/keys";

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
  const [letters, setLetters] = useState(lettersOn);
  return (
    <Dialog title={t("class.keys")} onClose={onClose}>
      <dl class="mark-help">
        {LIST.map(([key, what]) => (
          <div key={key} class="row">
            <dt>
              <kbd class="kbd">{key}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <CheckBox
        label={t("class.keysOn")}
        checked={letters}
        onChecked={(on) => {
          switchLetters(on);
          setLetters(on);
        }}
      />
    </Dialog>
  );
}
