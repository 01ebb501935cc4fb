/** What the learner should know now, in words, with what can be done about it. */
import { useState } from "preact/hooks";
import type { ExamAttempt } from "../../core/attempt";
import { t } from "../../i18n";
import { Button, IconButton } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { useSubmitting } from "../submitting";

function Superseded({ attempt }: { readonly attempt: ExamAttempt }) {
  const { busy, fault, submit } = useSubmitting();
  return (
    <div class="banner warn" role="alert" data-testid="exam-superseded">
      <Icon name="monitor" />
      <span class="sp">
        <b>{t("exam.elsewhere")}</b> {t("exam.elsewhereText")} {fault}
      </span>
      <Button size="s" busy={busy} onClick={() => void submit(() => attempt.takeOver())} data-testid="exam-take-over">
        {t("exam.takeOver")}
      </Button>
    </div>
  );
}

function TimeUp({ attempt, onHandIn }: { readonly attempt: ExamAttempt; readonly onHandIn: () => void }) {
  const waits = attempt.waiting.value.size > 0;
  return (
    <div class="banner warn" role="alert" data-testid="exam-time-up">
      <Icon name="clock" />
      <span class="sp">
        <b>{t("exam.timeUp")}</b> {t(waits ? "exam.timeUpWaiting" : "exam.timeUpText")}
      </span>
      <Button size="s" onClick={onHandIn}>
        {t("exam.handInNow")}
      </Button>
    </div>
  );
}

function Extended({ attempt }: { readonly attempt: ExamAttempt }) {
  const [seenMs, setSeenMs] = useState(0);
  const added = attempt.extendedMs.value - seenMs;
  if (added < 1000) return null;
  return (
    <div class="banner ok" data-testid="exam-extended">
      <Icon name="clock" />
      <span class="sp">
        {t("exam.extended", { minutes: Math.max(1, Math.round(added / 60_000)), time: attempt.endsAt.value })}
      </span>
      <IconButton icon="x" small label={t("common.close")} onClick={() => setSeenMs(attempt.extendedMs.value)} />
    </div>
  );
}

function Away() {
  return (
    <div class="banner warn" data-testid="exam-offline">
      <Icon name="wifi-off" />
      <span class="sp">{t("exam.offline")}</span>
    </div>
  );
}

/** How something that outlives the page is not to be had: a private window, a full disk. */
function Fleeting() {
  return (
    <div class="banner warn" data-testid="exam-fleeting">
      <Icon name="alert" />
      <span class="sp">{t("exam.fleeting")}</span>
    </div>
  );
}

export function Banners({ attempt, onHandIn }: { readonly attempt: ExamAttempt; readonly onHandIn: () => void }) {
  const phase = attempt.phase.value;
  const isAway = attempt.link.value !== "live";
  return (
    <div class="banners" role="status" aria-live="polite">
      {phase === "superseded" && <Superseded attempt={attempt} />}
      {phase === "time_up" && <TimeUp attempt={attempt} onHandIn={onHandIn} />}
      {isAway && <Away />}
      {!attempt.lasting.value && <Fleeting />}
      <Extended attempt={attempt} />
    </div>
  );
}
