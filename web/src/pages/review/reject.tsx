/** Why an item is turned down: at least one reason, a note if there is more to say. */
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ReviewReason } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckBox, TextArea } from "../../ui/form";

export const REASONS: readonly ReviewReason[] = [
  "wrong_key",
  "two_keys",
  "not_in_source",
  "unclear",
  "answer_in_stem",
  "bad_options",
  "too_easy",
  "too_hard",
  "wrong_skill",
  "language",
  "unfair",
  "unsafe",
  "duplicate",
  "other",
];
const MOST = 5;

interface Props {
  readonly onReject: (reasons: readonly ReviewReason[], note: string) => Promise<void>;
  readonly onClose: () => void;
}

export function Reject({ onReject, onClose }: Props) {
  const [reasons, setReasons] = useState<readonly ReviewReason[]>([]);
  const [note, setNote] = useState("");
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const turn = (reason: ReviewReason, on: boolean) => {
    setMissing(false);
    setReasons((old) => (on ? [...old, reason].slice(-MOST) : old.filter((one) => one !== reason)));
  };
  const send = async () => {
    if (reasons.length === 0) {
      setMissing(true);
      return;
    }
    setBusy(true);
    await onReject(reasons, note.trim());
    setBusy(false);
    onClose();
  };
  return (
    <Dialog title={t("factory.rejectTitle")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <fieldset class="reasons">
          <legend class="sm mut">{t("factory.reasons")}</legend>
          {REASONS.map((reason, place) => (
            <CheckBox key={reason} label={t(`factory.reason.${reason}`)} checked={reasons.includes(reason)} onChecked={(on) => turn(reason, on)} autofocus={place === 0} />
          ))}
        </fieldset>
        {missing && (
          <p class="err" role="alert">
            {t("factory.reasonMissing")}
          </p>
        )}
        <TextArea label={t("factory.noteToTeam")} rows={2} maxLength={2000} dir="auto" value={note} onValue={setNote} />
        <div class="acts">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="danger" type="submit" busy={busy}>
            {t("factory.reject")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
