/** The keys of a page, and the switch that turns single ones off. */
import { t, type Key } from "../i18n";
import { Dialog } from "../ui/dialog";
import { CheckBox } from "../ui/form";
import { hasSingleKeys, singleKeys } from "./keys";

interface Props {
  /** What is on the key, and what it does. */
  readonly list: readonly (readonly [string, Key])[];
  readonly onClose: () => void;
}

export function KeysHelp({ list, onClose }: Props) {
  return (
    <Dialog title={t("class.keys")} onClose={onClose}>
      <dl class="keys-help">
        {list.map(([key, what]) => (
          <div key={key} class="row">
            <dt>
              <kbd class="kbd">{key}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <CheckBox label={t("class.keysOn")} checked={hasSingleKeys()} onChecked={singleKeys} />
    </Dialog>
  );
}
