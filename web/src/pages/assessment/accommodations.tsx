/** What single learners are given beyond the settings: more time, more attempts, a later end. */
import { useState } from "preact/hooks";
import { assessments } from "../../core/teaching";
import { t } from "../../i18n";
import type { Accommodation, Enrolment } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FormFault, SelectField, TextField } from "../../ui/form";
import { Empty } from "../../ui/states";
import { useSubmitting } from "../submitting";
import { MomentField } from "./moment";

const NONE = { extra_time_percent: 0, extra_attempts: 0, closes_at: null } as const;

interface DialogProps {
  readonly assessmentId: string;
  readonly people: readonly Enrolment[];
  readonly of: Accommodation | null;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

function GiveDialog({ assessmentId, people, of, onSaved, onClose }: DialogProps) {
  const [user, setUser] = useState(of?.user_id ?? people[0]?.user_id ?? "");
  const [given, setGiven] = useState({ ...NONE, ...of });
  const { busy, fault, faultOf, submit } = useSubmitting(["/extra_time_percent", "/extra_attempts", "/closes_at"]);
  const save = async () => {
    const { extra_time_percent, extra_attempts, closes_at } = given;
    await assessments.accommodate(assessmentId, user, { extra_time_percent, extra_attempts, closes_at });
    onSaved();
    onClose();
  };
  return (
    <Dialog title={t("assessment.give")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(save);
        }}
      >
        {of ? (
          <p class="b">
            <bdi>{of.name}</bdi>
          </p>
        ) : (
          <SelectField label={t("assessment.learner")} value={user} onValue={setUser} options={people.map(({ user_id, name }) => ({ value: user_id, label: name }))} />
        )}
        <TextField type="number" min={0} max={300} label={t("assessment.extraTime")} hint={t("assessment.extraTimeHint")} value={String(given.extra_time_percent)} onValue={(value) => setGiven({ ...given, extra_time_percent: Math.round(Number(value)) })} fault={faultOf("/extra_time_percent")} />
        <TextField type="number" min={0} max={20} label={t("assessment.extraAttempts")} value={String(given.extra_attempts)} onValue={(value) => setGiven({ ...given, extra_attempts: Math.round(Number(value)) })} fault={faultOf("/extra_attempts")} />
        <MomentField label={t("assessment.ownEnd")} hint={t("assessment.ownEndHint")} value={given.closes_at} usual="17:00" onValue={(closes_at) => setGiven({ ...given, closes_at })} fault={faultOf("/closes_at")} />
        <FormFault says={fault} />
        <div class="acts">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" type="submit" busy={busy} disabled={!user}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What one learner is given, in words. */
function inWords({ extra_time_percent, extra_attempts, closes_at }: Accommodation): string {
  return [
    extra_time_percent > 0 && t("assessment.givenTime", { percent: extra_time_percent }),
    extra_attempts > 0 && t("assessment.givenAttempts", { count: extra_attempts }),
    closes_at && t("assessment.givenEnd", { at: closes_at }),
  ]
    .filter(Boolean)
    .join(" · ");
}

interface Props {
  readonly assessmentId: string;
  readonly people: readonly Enrolment[];
  readonly of: readonly Accommodation[];
  readonly again: () => void;
}

export function AccommodationsCard({ assessmentId, people, of, again }: Props) {
  const [open, setOpen] = useState<Accommodation | "new" | null>(null);
  const learners = people.filter(({ role }) => role === "student");
  const without = learners.filter(({ user_id }) => !of.some((one) => one.user_id === user_id));
  return (
    <section class="card" aria-labelledby="exam-given">
      <header>
        <h2 id="exam-given">{t("assessment.given")}</h2>
        {without.length > 0 && (
          <Button size="s" icon="plus" onClick={() => setOpen("new")}>
            {t("assessment.give")}
          </Button>
        )}
      </header>
      {of.length === 0 ? (
        <Empty icon="clock" title={t("assessment.givenNone")}>
          <p>{t("assessment.givenNoneDo")}</p>
        </Empty>
      ) : (
        <ul class="list">
          {of.map((one) => (
            <li key={one.user_id}>
              <span class="g">
                <bdi class="b">{one.name}</bdi>
                <br />
                <span class="sm mut">{inWords(one) || t("assessment.givenNothing")}</span>
              </span>
              <IconButton icon="pen" small label={t("assessment.changeFor", { name: one.name })} onClick={() => setOpen(one)} />
            </li>
          ))}
        </ul>
      )}
      {open && <GiveDialog assessmentId={assessmentId} people={without} of={open === "new" ? null : open} onSaved={again} onClose={() => setOpen(null)} />}
    </section>
  );
}
