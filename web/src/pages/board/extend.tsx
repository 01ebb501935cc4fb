/** More time for everybody, after an outage: asks for minutes and a reason, and says what happens. */
import { useState } from "preact/hooks";
import { assessments } from "../../core/teaching";
import { t } from "../../i18n";
import type { Extended } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckBox, FormActs, FormFault, SelectField, TextField } from "../../ui/form";
import { useSubmitting } from "../submitting";

const MINUTES = ["5", "10", "15", "30"];
const BACK_MINUTES = [15, 30, 60, 120];

interface Props {
  readonly assessmentId: string;
  readonly nowMs: number;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function ExtendDialog({ assessmentId, nowMs, onDone, onClose }: Props) {
  const [minutes, setMinutes] = useState("10");
  const [reason, setReason] = useState("");
  const [reopen, setReopen] = useState(false);
  const [back, setBack] = useState(30);
  const [done, setDone] = useState<Extended | null>(null);
  const { busy, fault, faultOf, submit } = useSubmitting(["/minutes", "/reason"]);
  const extend = async () => {
    const since = reopen ? new Date(nowMs - back * 60_000).toISOString() : null;
    setDone(await assessments.extend(assessmentId, { minutes: Math.round(Number(minutes)), reason: reason.trim(), reopen_since: since }));
    onDone();
  };
  if (done)
    return (
      <Dialog title={t("board.extend")} onClose={onClose}>
        <p class="banner ok round" role="status">
          {t("board.extended", { extended: done.extended, reopened: done.reopened })}
        </p>
        <div class="acts">
          <Button look="primary" onClick={onClose}>
            {t("common.done")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t("board.extend")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(extend);
        }}
      >
        <p class="mut">{t("board.extendText")}</p>
        <TextField type="number" min={1} max={1440} required autofocus label={t("board.minutes")} list="board-minutes" value={minutes} onValue={setMinutes} fault={faultOf("/minutes")} />
        <datalist id="board-minutes">
          {MINUTES.map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
        </datalist>
        <TextField label={t("board.reason")} hint={t("board.reasonHint")} value={reason} onValue={setReason} maxLength={500} dir="auto" fault={faultOf("/reason")} />
        <CheckBox label={t("board.reopen")} checked={reopen} onChecked={setReopen} />
        {reopen && (
          <SelectField
            label={t("board.since")}
            value={String(back)}
            onValue={(value) => setBack(Number(value))}
            options={BACK_MINUTES.map((value) => ({ value: String(value), label: t("board.sinceAt", { minutes: value, at: new Date(nowMs - value * 60_000) }) }))}
          />
        )}
        <FormFault says={fault} />
        <FormActs action={t("board.extendBy", { minutes: Number(minutes) || 0 })} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
