/** Whether it is saved, and how long it still goes. */
import { useEffect, useState } from "preact/hooks";
import type { ExamAttempt } from "../../core/attempt";
import { spell } from "../../core/clock";
import { region, t } from "../../i18n";
import { Icon } from "../../ui/icon";

/** An answer that is on its way for longer is said to be kept here. */
const SAVING_MS = 5_000;
const LOW_MS = 5 * 60_000;
const LAST_MS = 60_000;

/** Whether something has waited for so long that it should be said. */
function useLong(waits: boolean): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (!waits) return;
    const timer = setTimeout(() => setLong(true), SAVING_MS);
    return () => clearTimeout(timer);
  }, [waits]);
  return long && waits;
}

function Kept({ attempt }: { readonly attempt: ExamAttempt }) {
  return (
    <>
      <Icon name="weak" class="c-warn" />
      <span class="dk">{t(attempt.link.value === "live" ? "exam.keptHere" : "exam.keptOffline")}</span>
      <span class="ph">{t("exam.keptShort")}</span>
    </>
  );
}

export function Saved({ attempt }: { readonly attempt: ExamAttempt }) {
  const waits = attempt.waiting.value.size > 0;
  const long = useLong(waits);
  const savedAt = attempt.savedAt.value;
  const isKept = waits && (long || attempt.link.value !== "live");
  const state = isKept ? "kept" : waits ? "saving" : savedAt === null ? "none" : "saved";
  return (
    <span class="fact" data-testid="exam-saved" data-state={state}>
      {state === "kept" && <Kept attempt={attempt} />}
      {state === "saving" && <span>{t("exam.saving")}</span>}
      {state === "saved" && (
        <>
          <Icon name="saved" class="c-ok" />
          <span>
            {t("exam.saved")} <time class="dk">{t("exam.savedTime", { time: savedAt ?? 0 })}</time>
          </span>
        </>
      )}
    </span>
  );
}

/** Said once each, politely, and never the seconds. */
function saidAt(leftMs: number): string {
  if (leftMs <= 0 || leftMs > LOW_MS) return "";
  return t(leftMs <= LAST_MS ? "exam.lastMinute" : "exam.fiveMinutes");
}

export function TimeLeft({ attempt }: { readonly attempt: ExamAttempt }) {
  const left = attempt.leftMs.value;
  if (!Number.isFinite(left)) return null;
  const look = left <= LAST_MS ? "timer last" : left <= LOW_MS ? "timer low" : "timer";
  return (
    <span class={look}>
      <Icon name="clock" />
      <span role="timer" class="num" data-testid="exam-left" data-left={Math.ceil(left / 1000)}>
        <span class="sr">{t("exam.left")} </span>
        <bdi dir="ltr">{spell(Math.ceil(left / 1000) * 1000, region())}</bdi>
      </span>
      <span class="sm mut dk">{t("exam.leftUntil", { time: attempt.endsAt.value })}</span>
      <span class="sr" role="status" aria-live="polite">
        {saidAt(left)}
      </span>
    </span>
  );
}
