/** Says that an item is wrong: why, and in a few words what. */
import { useState } from "preact/hooks";
import { practice } from "../../core/practice";
import { t } from "../../i18n";
import type { ReportReason } from "../../protocol/api";
import { Dialog } from "../../ui/dialog";
import { FormActs, FormFault, TextArea } from "../../ui/form";
import { toast } from "../../ui/toast";
import { useSubmitting } from "../submitting";

const REASONS: readonly ReportReason[] = ["wrong_answer", "unclear", "mistake", "unfair", "too_hard", "picture", "other"];
const NOTE_MOST = 1000;

interface Props {
  readonly lesson: string;
  readonly item: string;
  readonly onClose: () => void;
}

export function ReportDialog({ lesson, item, onClose }: Props) {
  const [reason, setReason] = useState<ReportReason>("wrong_answer");
  const [note, setNote] = useState("");
  const { busy, fault, submit } = useSubmitting();
  const send = async () => {
    await practice.report(lesson, item, { reason, note: note.trim() });
    toast(t("practice.reported"));
    onClose();
  };
  return (
    <Dialog title={t("practice.reportTitle")} onClose={onClose}>
      <form
        class="stack"
        data-testid="report"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(send);
        }}
      >
        <p class="mut">{t("practice.reportText")}</p>
        <fieldset class="field">
          <legend>{t("practice.reportWhy")}</legend>
          {REASONS.map((one) => (
            <label class="check" key={one}>
              <input type="radio" name="reason" value={one} checked={one === reason} onChange={() => setReason(one)} />
              {t(`practice.report.${one}`)}
            </label>
          ))}
        </fieldset>
        <TextArea label={t("practice.reportNote")} value={note} onValue={setNote} maxLength={NOTE_MOST} rows={3} dir="auto" />
        <FormFault says={fault} />
        <FormActs action={t("practice.reportSend")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
