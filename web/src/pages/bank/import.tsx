/** Fills the bank from a CSV: all lines, or none and what is wrong with which. */
import { useState } from "preact/hooks";
import { bank } from "../../core/teaching";
import { t } from "../../i18n";
import type { QuestionImport } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FileField } from "../../ui/form";
import { useSubmitting } from "../submitting";

interface Props {
  readonly courseId: string;
  readonly onImported: () => void;
  readonly onClose: () => void;
}

function LineFaults({ of }: { readonly of: QuestionImport["faults"] }) {
  return (
    <div class="report" tabIndex={0} role="region" aria-label={t("bank.importFaults")}>
      <table class="tbl">
        <thead>
          <tr>
            <th scope="col" class="r">
              {t("bank.line")}
            </th>
            <th scope="col">{t("bank.whatIsWrong")}</th>
          </tr>
        </thead>
        <tbody>
          {of.map(({ line, detail }) => (
            <tr key={`${line} ${detail}`}>
              <td class="r">{t("common.number", { value: line })}</td>
              <td dir="auto">{detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ImportDialog({ courseId, onImported, onClose }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const [done, setDone] = useState<QuestionImport | null>(null);
  const { busy, fault, refusal, submit } = useSubmitting();
  const send = async () => {
    if (!file) return;
    setDone(null);
    const report = await bank.importCsv(courseId, await file.text());
    setDone(report);
    if (report.faults.length === 0) onImported();
  };
  const whole = done !== null && done.faults.length === 0;
  return (
    <Dialog title={t("bank.importTitle")} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(send);
        }}
      >
        {whole ? (
          <p class="banner ok round" role="status">
            {t("bank.imported", { added: done.added, changed: done.changed })}
          </p>
        ) : (
          <FileField label={t("bank.csvFile")} hint={t("bank.csvHint")} accept=".csv,text/csv" required onFile={setFile} />
        )}
        {done !== null && !whole && (
          <>
            <p class="banner bad round" role="alert">
              {t("bank.importRefused", { count: done.faults.length })}
            </p>
            <LineFaults of={done.faults} />
          </>
        )}
        {fault && (
          <p class="banner bad round" role="alert">
            {refusal?.code === "csv_header" ? t("bank.csvHeader") : fault}
          </p>
        )}
        <div class="acts">
          <Button onClick={onClose}>{t(whole ? "common.done" : "common.cancel")}</Button>
          {!whole && (
            <Button look="primary" type="submit" busy={busy}>
              {t("bank.importIt")}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
