/** The rules of an exam: times, attempts, late answers, results, and who may come in. */
import { t } from "../../i18n";
import type { Category, Feedback, LatePolicy, Release, Settings, Standing } from "../../protocol/api";
import { CheckBox, SelectField, TextField } from "../../ui/form";
import { MomentField } from "./moment";
import { LATE_POLICIES, RELEASES, STANDINGS, type Plan } from "./plan";

interface Props {
  readonly plan: Plan;
  readonly categories: readonly Category[];
  readonly say: (pointer: string) => string | undefined;
  readonly onPlan: (plan: Plan) => void;
}

function setter({ plan, onPlan }: Props) {
  return (change: Partial<Settings>) => onPlan({ ...plan, settings: { ...plan.settings, ...change } });
}

function TimeCard(props: Props) {
  const { plan, say, onPlan } = props;
  const { settings } = plan;
  const set = setter(props);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <section class="card stack" aria-labelledby="exam-time">
      <h2 id="exam-time">{t("assessment.times")}</h2>
      <p class="hint">{t("assessment.zone", { zone })}</p>
      <MomentField label={t("assessment.opens")} value={plan.opens_at} usual="09:00" onValue={(opens_at) => onPlan({ ...plan, opens_at })} fault={say("/opens_at")} />
      <MomentField label={t("assessment.closes")} value={plan.closes_at} usual="17:00" onValue={(closes_at) => onPlan({ ...plan, closes_at })} fault={say("/closes_at")} />
      <div class="half even">
        <TextField
          type="number"
          min={1}
          label={t("assessment.limit")}
          hint={t("assessment.limitHint")}
          value={settings.time_limit_minutes === null ? "" : String(settings.time_limit_minutes)}
          onValue={(value) => set({ time_limit_minutes: value === "" ? null : Math.round(Number(value)) })}
          fault={say("/settings/time_limit_minutes")}
        />
        <TextField type="number" min={0} max={3600} label={t("assessment.grace")} hint={t("assessment.graceHint")} value={String(settings.grace_seconds)} onValue={(value) => set({ grace_seconds: Math.round(Number(value)) })} fault={say("/settings/grace_seconds")} />
      </div>
      <SelectField
        label={t("assessment.late")}
        hint={t(`assessment.lateHint.${settings.late_policy}`)}
        value={settings.late_policy}
        onValue={(late) => set({ late_policy: late as LatePolicy })}
        options={LATE_POLICIES.map((value) => ({ value, label: t(`assessment.late.${value}`) }))}
      />
      {settings.late_policy !== "refuse" && (
        <div class="half even">
          {settings.late_policy === "count" && (
            <TextField type="number" min={0} label={t("assessment.lateWindow")} value={String(settings.late_window_minutes)} onValue={(value) => set({ late_window_minutes: Math.round(Number(value)) })} fault={say("/settings/late_window_minutes")} />
          )}
          <TextField type="number" min={0} max={100} label={t("assessment.latePenalty")} value={String(settings.late_penalty_percent)} onValue={(value) => set({ late_penalty_percent: Math.round(Number(value)) })} fault={say("/settings/late_penalty_percent")} />
        </div>
      )}
    </section>
  );
}

function AttemptsCard(props: Props) {
  const { plan, say } = props;
  const { settings } = plan;
  const set = setter(props);
  return (
    <section class="card stack" aria-labelledby="exam-attempts">
      <h2 id="exam-attempts">{t("assessment.attempts")}</h2>
      <div class="half even">
        <TextField type="number" min={1} max={100} label={t("assessment.allowed")} value={String(settings.attempts_allowed)} onValue={(value) => set({ attempts_allowed: Math.round(Number(value)) })} fault={say("/settings/attempts_allowed")} />
        <SelectField label={t("assessment.standing")} value={settings.standing} onValue={(standing) => set({ standing: standing as Standing })} options={STANDINGS.map((value) => ({ value, label: t(`assessment.standing.${value}`) }))} disabled={settings.attempts_allowed === 1} />
      </div>
      <TextField label={t("assessment.password")} hint={t("assessment.passwordHint")} value={settings.password} onValue={(password) => set({ password })} maxLength={100} dir="ltr" autocomplete="off" fault={say("/settings/password")} />
    </section>
  );
}

const SHOWN = ["answers", "correctness", "key", "explanation"] as const satisfies readonly (keyof Feedback)[];

function ResultCard(props: Props) {
  const { plan, categories } = props;
  const { settings } = plan;
  const set = setter(props);
  const known = categories.some(({ id }) => id === settings.category) || settings.category === "";
  const options = [{ value: "", label: t("assessment.noCategory") }, ...categories.map(({ id, title }) => ({ value: id, label: title }))];
  return (
    <section class="card stack" aria-labelledby="exam-result">
      <h2 id="exam-result">{t("assessment.result")}</h2>
      <SelectField label={t("assessment.release")} value={settings.release} onValue={(release) => set({ release: release as Release })} options={RELEASES.map((value) => ({ value, label: t(`assessment.release.${value}`) }))} />
      <fieldset class="field">
        <legend>{t("assessment.feedback")}</legend>
        {SHOWN.map((part) => (
          <CheckBox key={part} label={t(`assessment.feedback.${part}`)} checked={settings.feedback[part]} onChecked={(on) => set({ feedback: { ...settings.feedback, [part]: on } })} />
        ))}
      </fieldset>
      <SelectField label={t("assessment.category")} hint={t("assessment.categoryHint")} value={settings.category} onValue={(category) => set({ category })} options={known ? options : [...options, { value: settings.category, label: settings.category }]} />
      <CheckBox label={t("assessment.secondRound")} checked={settings.second_round} onChecked={(second_round) => set({ second_round })} />
    </section>
  );
}

export function Rules(props: Props) {
  return (
    <>
      <TimeCard {...props} />
      <AttemptsCard {...props} />
      <ResultCard {...props} />
    </>
  );
}
