/** All questions at a glance: where one is, what is answered, what is flagged. */
import type { ExamAttempt } from "../../core/attempt";
import { t } from "../../i18n";
import type { PaperItem } from "../../protocol/api";
import { Button } from "../../ui/button";
import { isAnswered } from "../../ui/question";
import { hasSingleKeys, singleKeys } from "../keys";

const COLUMNS = 5;

function stepOf(key: string, rtl: boolean): number {
  if (key === "ArrowRight") return rtl ? -1 : 1;
  if (key === "ArrowLeft") return rtl ? 1 : -1;
  if (key === "ArrowDown") return COLUMNS;
  return key === "ArrowUp" ? -COLUMNS : 0;
}

/** In the map the arrow keys go from one question to the next. */
function walk(event: KeyboardEvent): void {
  const map = event.currentTarget as HTMLElement;
  const step = stepOf(event.key, getComputedStyle(map).direction === "rtl");
  if (step === 0) return;
  event.preventDefault();
  event.stopPropagation();
  const places = [...map.querySelectorAll<HTMLElement>("button")];
  const at = places.indexOf(document.activeElement as HTMLElement);
  places[Math.max(0, Math.min(places.length - 1, at + step))]?.focus();
}

function nameOf(item: PaperItem, place: number, attempt: ExamAttempt): string {
  const answered = isAnswered(item.kind, attempt.answers.value[item.id]);
  const waits = attempt.waiting.value.has(item.id);
  return [
    t("exam.question", { number: place + 1 }),
    t(!answered ? "exam.notAnswered" : waits ? "exam.answeredHere" : "exam.answeredSaved"),
    attempt.flags.value.includes(item.id) ? t("exam.flagged") : "",
  ]
    .filter(Boolean)
    .join(", ");
}

export function QuestionMap({ attempt, onTurned }: { readonly attempt: ExamAttempt; readonly onTurned?: () => void }) {
  return (
    <nav class="map" aria-label={t("exam.map")} onKeyDown={walk}>
      {attempt.paper.value.items.map((item, place) => {
        const answered = isAnswered(item.kind, attempt.answers.value[item.id]);
        const current = place === attempt.at.value;
        const waits = answered && attempt.waiting.value.has(item.id);
        const look = [answered && "d", waits && "w", current && "n", attempt.flags.value.includes(item.id) && "f"].filter(Boolean).join(" ");
        return (
          <button
            type="button"
            key={item.id}
            class={look}
            aria-current={current ? "true" : undefined}
            aria-label={nameOf(item, place, attempt)}
            tabIndex={current ? 0 : -1}
            data-testid="exam-map-place"
            onClick={() => {
              attempt.turnTo(place);
              onTurned?.();
            }}
          >
            {t("common.number", { value: place + 1 })}
          </button>
        );
      })}
    </nav>
  );
}

export function Legend({ attempt }: { readonly attempt: ExamAttempt }) {
  return (
    <ul class="legend sm mut">
      <li>
        <i class="saved" />
        {t("exam.legendSaved")}
      </li>
      <li>
        <i class="waits" />
        {t("exam.legendHere")}
      </li>
      <li>
        <i class="flag" />
        {t("exam.legendFlagged", { count: attempt.flags.value.length })}
      </li>
    </ul>
  );
}

const KEYS = [
  { keys: "1–9, A–F", says: "exam.keyChoose" },
  { keys: "← →, PgUp PgDn", says: "exam.keyTurn" },
  { keys: "G", says: "exam.keyFlag" },
  { keys: "M", says: "exam.keyMap" },
] as const;

function Keys() {
  const on = hasSingleKeys();
  return (
    <details class="keys sm">
      <summary>{t("exam.keys")}</summary>
      <dl>
        {KEYS.map(({ keys, says }) => (
          <div key={says}>
            <dt>
              <bdi dir="ltr">{keys}</bdi>
            </dt>
            <dd>{t(says)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={on} onChange={({ currentTarget }) => singleKeys(currentTarget.checked)} />
        {t("exam.keysOn")}
      </label>
    </details>
  );
}

export function Aside({ attempt, onHandIn }: { readonly attempt: ExamAttempt; readonly onHandIn: () => void }) {
  const { items } = attempt.paper.value;
  const answered = items.filter(({ id, kind }) => isAnswered(kind, attempt.answers.value[id])).length;
  return (
    <aside class="exam-aside" id="exam-map" tabIndex={-1} aria-label={t("exam.map")}>
      <div>
        <h2>{t("exam.map")}</h2>
        <p class="sm mut" data-testid="exam-answered">
          {t("exam.answeredOf", { answered, asked: items.length })}
        </p>
        <QuestionMap attempt={attempt} />
        <Legend attempt={attempt} />
        <p class="sm mut foot">{t("exam.asideOffline")}</p>
        <Button wide onClick={onHandIn} disabled={attempt.phase.value === "superseded"} data-testid="exam-hand-in">
          {t("exam.handInDots")}
        </Button>
        <Keys />
      </div>
    </aside>
  );
}
