/** The keys of reviewing, and the switch that turns single ones off. */
import { useState } from "preact/hooks";
import { t, type Key } from "../../i18n";
import { Dialog } from "../../ui/dialog";
import { CheckBox } from "../../ui/form";
import { lettersOn, switchLetters } from "../class/keys";

const LIST: readonly (readonly [string, Key])[] = [
  ["A", "factory.keyAccept"],
  ["E", "factory.keyEdit"],
  ["R", "factory.keyReject"],
  ["J", "factory.keyNext"],
  ["K", "factory.keyBack"],
  ["?", "factory.keyHelp"],
];

export function Help({ onClose }: { readonly onClose: () => void }) {
  const [letters, setLetters] = useState(lettersOn);
  return (
    <Dialog title={t("factory.keys")} onClose={onClose}>
      <dl class="review-help">
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
        label={t("factory.keysOn")}
        checked={letters}
        onChecked={(on) => {
          switchLetters(on);
          setLetters(on);
        }}
      />
    </Dialog>
  );
}
