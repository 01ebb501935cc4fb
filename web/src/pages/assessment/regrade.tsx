/** A regrade: who changes and by how much, before anything does; then how far it is. */
import { useState } from "preact/hooks";
import { assessments, bank } from "../../core/teaching";
import { t } from "../../i18n";
import type { ItemStatistics, Regrade, RegradePreview } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FormFault, SelectField } from "../../ui/form";
import { Ready, useLoading, useRepeating } from "../loading";
import { useSubmitting } from "../submitting";

const LOOK_EVERY_MS = 1_000;

interface Props {
  readonly assessmentId: string;
  readonly item: ItemStatistics;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function Changes({ of }: { readonly of: RegradePreview }) {
  if (of.changed_count === 0)
    return (
      <p class="banner round" role="status">
        {t("regrade.nobody", { count: of.unchanged })}
      </p>
    );
  return (
    <>
      <p role="status">{t("regrade.changes", { changed: of.changed_count, unchanged: of.unchanged })}</p>
      <div class="regrade-list" tabIndex={0} role="region" aria-label={t("regrade.who")}>
        <table class="tbl">
          <thead>
            <tr>
              <th scope="col">{t("assessment.learner")}</th>
              <th scope="col" class="r">
                {t("regrade.before")}
              </th>
              <th scope="col" class="r">
                {t("regrade.after")}
              </th>
              <th scope="col" class="r">
                {t("regrade.change")}
              </th>
            </tr>
          </thead>
          <tbody>
            {of.changed.map((line) => (
              <tr key={line.attempt_id}>
                <th scope="row">
                  <bdi>{line.name}</bdi>
                </th>
                <td class="r">{t("common.number", { value: line.before_milli / 1000 })}</td>
                <td class="r b">{t("common.number", { value: line.after_milli / 1000 })}</td>
                <td class={line.after_milli > line.before_milli ? "r c-ok" : "r c-danger"}>
                  {t(line.after_milli > line.before_milli ? "regrade.more" : "regrade.less", { points: Math.abs(line.after_milli - line.before_milli) / 1000 })}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Progress({ of, onDone, onClose }: { readonly of: Regrade; readonly onDone: () => void; readonly onClose: () => void }) {
  const loading = useLoading(async (signal) => {
    const now = await assessments.regradeState(of.id, signal);
    if (now.state === "done") onDone();
    return now;
  }, [of.id]);
  const now = loading.now.is === "ready" ? loading.now.value : of;
  const over = now.state !== "running";
  useRepeating(() => {
    if (!over) loading.again();
  }, LOOK_EVERY_MS);
  const done = now.changed + now.unchanged;
  return (
    <div class="stack">
      <p class={now.state === "failed" ? "banner bad round" : over ? "banner ok round" : "banner acc round"} role="status">
        {!over && <span class="busy" aria-hidden="true" />}
        {t(`regrade.state.${now.state}`, { done, changed: now.changed })}
      </p>
      {!over && <p class="hint">{t("regrade.mayLeave")}</p>}
      <div class="acts">
        <Button look={over ? "primary" : "plain"} onClick={onClose}>
          {t("common.close")}
        </Button>
      </div>
    </div>
  );
}

interface ChooseProps extends Props {
  readonly newest: number;
  readonly onBegun: (regrade: Regrade) => void;
}

function Choose({ assessmentId, item, newest, onBegun, onClose }: ChooseProps) {
  const [version, setVersion] = useState(newest);
  const [preview, setPreview] = useState<RegradePreview | null>(null);
  const { busy, fault, submit } = useSubmitting();
  const body = { question_id: item.question_id, key_version: version };
  const numbers = Array.from({ length: newest }, (_, index) => newest - index);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(async () => {
          if (preview) onBegun(await assessments.regrade(assessmentId, body));
          else setPreview(await assessments.previewRegrade(assessmentId, body));
        });
      }}
    >
      <p>
        <bdi class="b">{item.title}</bdi> <span class="sm mut">{t("regrade.asked", { version: item.version })}</span>
      </p>
      <SelectField
        label={t("regrade.key")}
        hint={<a href={`/questions/${item.question_id}`}>{t("regrade.changeKey")}</a>}
        value={String(version)}
        onValue={(value) => {
          setVersion(Number(value));
          setPreview(null);
        }}
        options={numbers.map((value) => ({ value: String(value), label: t("bank.version", { version: value }) }))}
      />
      {preview && <Changes of={preview} />}
      <FormFault says={fault} />
      <div class="acts">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        {preview?.changed_count !== 0 && (
          <Button look="primary" type="submit" busy={busy}>
            {preview ? t("regrade.apply", { count: preview.changed_count }) : t("regrade.preview")}
          </Button>
        )}
      </div>
    </form>
  );
}

export function RegradeDialog(props: Props) {
  const { item, onDone, onClose } = props;
  const [begun, setBegun] = useState<Regrade | null>(null);
  const loading = useLoading(async (signal) => (await bank.get(item.question_id, signal)).data.version, [item.question_id]);
  return (
    <Dialog title={t("regrade.title")} onClose={onClose} wide>
      {begun ? <Progress of={begun} onDone={onDone} onClose={onClose} /> : <Ready of={loading}>{(newest) => <Choose {...props} newest={newest} onBegun={setBegun} />}</Ready>}
    </Dialog>
  );
}
