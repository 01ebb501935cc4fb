/** How many items of each skill and level there are, and below how many the factory is asked for more. */
import { useState } from "preact/hooks";
import { factory } from "../../core/factory";
import { t } from "../../i18n";
import type { QuestionKind, StockLine } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckBox, FormActs, FormFault, TextField } from "../../ui/form";
import { Ready, useLoading } from "../loading";
import { useSubmitting } from "../submitting";
import { languageSaid } from "../words";
import { MADE } from "./brief";

interface Props {
  readonly courseId: string;
  readonly mayEdit: boolean;
}

export function StockCard({ courseId, mayEdit }: Props) {
  const loading = useLoading((signal) => factory.stock(courseId, signal), [courseId]);
  const [changing, change] = useState<StockLine | null>(null);
  return (
    <section class="card" aria-labelledby="factory-stock">
      <header>
        <h2 id="factory-stock">{t("factory.stock")}</h2>
        <p class="sm mut">{t("factory.stockText")}</p>
      </header>
      <Ready of={loading} lines={4}>
        {(lines) => (
          <div class="table-scroll" tabIndex={0} role="group" aria-label={t("factory.stock")}>
            <table class="tbl">
              <thead>
                <tr>
                  <th scope="col">{t("factory.skill")}</th>
                  <th scope="col" class="num">{t("bank.level")}</th>
                  <th scope="col">{t("bank.language")}</th>
                  <th scope="col" class="num">{t("factory.items")}</th>
                  <th scope="col" class="num">{t("factory.atLeast")}</th>
                  <th scope="col">
                    <span class="sr">{t("factory.change")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {lines.map((line) => (
                  <tr key={`${line.skill} ${line.level} ${line.language}`}>
                    <th scope="row">
                      <bdi>{line.skill}</bdi>
                      {line.low > line.items && <span class="badge warn">{t(line.job_id ? "factory.asked" : "factory.tooFew")}</span>}
                    </th>
                    <td class="num">{line.level}</td>
                    <td>{languageSaid(line.language)}</td>
                    <td class="num">{line.items}</td>
                    <td class="num">{line.low || "–"}</td>
                    <td>
                      {mayEdit && (
                        <Button size="s" onClick={() => change(line)} aria-label={t("factory.changeThis", { skill: line.skill, level: line.level })}>
                          {t("factory.change")}
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Ready>
      {changing && (
        <Mark
          courseId={courseId}
          line={changing}
          onSaved={() => {
            change(null);
            loading.again();
          }}
          onClose={() => change(null)}
        />
      )}
    </section>
  );
}

interface MarkProps {
  readonly courseId: string;
  readonly line: StockLine;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

function Mark({ courseId, line, onSaved, onClose }: MarkProps) {
  const [low, setLow] = useState(String(line.low || 10));
  const [batch, setBatch] = useState(String(line.batch || 10));
  const [kinds, setKinds] = useState<readonly QuestionKind[]>(["single_choice", "true_false"]);
  const { busy, fault, submit } = useSubmitting();
  const save = () =>
    submit(async () => {
      const { skill, level, language } = line;
      await factory.setStock(courseId, { skill, level, language, low: Number(low), batch: Number(batch), kinds });
      onSaved();
    });
  const turn = (kind: QuestionKind, on: boolean) => setKinds((old) => (on ? [...old, kind].slice(-5) : old.filter((one) => one !== kind)));
  return (
    <Dialog title={t("factory.changeOf", { skill: line.skill, level: line.level })} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="half even">
          <TextField type="number" min={1} max={1000} required label={t("factory.atLeast")} value={low} onValue={setLow} />
          <TextField type="number" min={1} max={100} required label={t("factory.batch")} value={batch} onValue={setBatch} />
        </div>
        <fieldset class="field kinds-field">
          <legend>{t("factory.kinds")}</legend>
          {MADE.map((kind) => (
            <CheckBox key={kind} label={t(`bank.kind.${kind}`)} checked={kinds.includes(kind)} onChecked={(on) => turn(kind, on)} />
          ))}
        </fieldset>
        <FormFault says={fault} />
        <FormActs action={t("common.save")} busy={busy} disabled={kinds.length === 0} onClose={onClose} />
      </form>
    </Dialog>
  );
}
