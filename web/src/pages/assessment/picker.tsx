/** Chooses questions of the bank by name. */
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { QuestionLine } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/form";
import { Empty } from "../../ui/states";

interface Props {
  readonly bank: readonly QuestionLine[];
  /** Those that the exam names already. */
  readonly named: ReadonlySet<string>;
  readonly onPick: (ids: readonly string[]) => void;
  readonly onClose: () => void;
}

const SHOWN = 100;

function found(bank: readonly QuestionLine[], words: string): readonly QuestionLine[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const text = ({ title, skills, tags }: QuestionLine) => [title, ...skills, ...tags].join(" ").toLocaleLowerCase();
  return bank.filter((line) => wanted.every((word) => text(line).includes(word)));
}

export function Picker({ bank, named, onPick, onClose }: Props) {
  const [words, setWords] = useState("");
  const [picked, setPicked] = useState<readonly string[]>([]);
  const free = bank.filter(({ id, state }) => state === "published" && !named.has(id));
  const lines = found(free, words);
  const turn = (id: string, on: boolean) => setPicked((old) => (on ? [...old, id] : old.filter((one) => one !== id)));
  return (
    <Dialog title={t("assessment.pick")} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          onPick(picked);
          onClose();
        }}
      >
        <TextField type="search" label={t("bank.search")} value={words} onValue={setWords} autofocus dir="auto" />
        {lines.length === 0 ? (
          <Empty icon="search" title={t(free.length === 0 ? "assessment.noneReady" : "bank.noneFits")} />
        ) : (
          <ul class="pick-list">
            {lines.slice(0, SHOWN).map((line) => (
              <li key={line.id}>
                <label class="check" aria-label={line.title}>
                  <input type="checkbox" aria-label={line.title} checked={picked.includes(line.id)} onChange={(event) => turn(line.id, event.currentTarget.checked)} />
                  <span class="sp">
                    <bdi>{line.title}</bdi>
                    <br />
                    <span class="xs mut">
                      {t(`bank.kind.${line.kind}`)} · {t("bank.levelIs", { level: line.level })}
                      {line.skills.length > 0 && ` · ${line.skills.join(", ")}`}
                    </span>
                  </span>
                </label>
              </li>
            ))}
          </ul>
        )}
        {lines.length > SHOWN && <p class="hint">{t("assessment.pickMore", { count: lines.length - SHOWN })}</p>}
        <div class="acts">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" type="submit" disabled={picked.length === 0}>
            {t("assessment.pickThem", { count: picked.length })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
