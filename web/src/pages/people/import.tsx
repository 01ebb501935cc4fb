/** Adds many people from a CSV file, and reports row by row what became of each. */
import { useState } from "preact/hooks";
import { download } from "../../core/download";
import { people } from "../../core/school";
import { t } from "../../i18n";
import type { ImportedRow, ImportReport } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FormActs, FormFault } from "../../ui/form";
import { useSubmitting } from "../submitting";

interface Props {
  readonly onImported: () => void;
  readonly onClose: () => void;
}

const BADGE: Readonly<Record<ImportedRow["outcome"], string>> = { created: "badge ok", exists: "badge", invalid: "badge warn" };

/** A cell that a spreadsheet can neither split nor run. */
function cell(text: string): string {
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}

/** The passwords that the school made, to hand out: they are not shown again. */
function passwords({ rows }: ImportReport): string {
  const made = rows.filter((row) => row.initial_password !== null);
  return ["email,password", ...made.map((row) => `${cell(row.email)},${cell(row.initial_password ?? "")}`)].join("\r\n");
}

function Download({ of }: { readonly of: ImportReport }) {
  return (
    <Button icon="download" look="primary" onClick={() => download("passwords.csv", passwords(of))}>
      {t("people.downloadPasswords")}
    </Button>
  );
}

function Report({ of }: { readonly of: ImportReport }) {
  return (
    <>
      <p role="status">{t("people.imported", { created: of.created, rows: of.rows.length })}</p>
      {/* A box that scrolls takes the focus, so that the keyboard can move it. */}
      <div class="report" tabIndex={0} role="region" aria-label={t("people.report")}>
        <table class="tbl">
          <thead>
            <tr>
              <th scope="col">{t("people.row")}</th>
              <th scope="col">{t("signin.email")}</th>
              <th scope="col">{t("people.outcome")}</th>
            </tr>
          </thead>
          <tbody>
            {of.rows.map((row) => (
              <tr key={row.row}>
                <td class="num">{t("common.number", { value: row.row })}</td>
                <td class="wrapany">
                  <bdi>{row.email}</bdi>
                </td>
                <td>
                  <span class={BADGE[row.outcome]}>{t(`people.outcome.${row.outcome}`)}</span>
                  {row.detail && (
                    <p class="xs mut" dir="auto">
                      {row.detail}
                    </p>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function ImportDialog({ onImported, onClose }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const { busy, fault, submit } = useSubmitting();
  const send = async () => {
    if (!file) return;
    setReport(await people.importCsv(await file.text()));
    onImported();
  };
  if (report)
    return (
      <Dialog title={t("people.report")} onClose={onClose} wide>
        <Report of={report} />
        <div class="acts">
          <Button onClick={onClose}>{t("common.done")}</Button>
          {report.created > 0 && <Download of={report} />}
        </div>
        {report.created > 0 && <p class="hint">{t("people.once")}</p>}
      </Dialog>
    );
  return (
    <Dialog title={t("people.import")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(send);
        }}
      >
        <div class="field">
          <label for="people-csv">{t("people.file")}</label>
          <input
            id="people-csv"
            class="in"
            type="file"
            accept=".csv,text/csv"
            required
            aria-describedby="people-csv-hint"
            onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
          />
          <p class="hint" id="people-csv-hint">
            {t("people.fileHint")}
          </p>
          <pre class="sample mono xs" dir="ltr">
            {"email,name,roles\namara@school.example,Amara Okafor,teacher\nlena@school.example,Lena Haugen,student;reviewer"}
          </pre>
        </div>
        <FormFault says={fault} />
        <FormActs action={t("people.importIt")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
