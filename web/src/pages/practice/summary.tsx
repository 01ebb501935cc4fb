/** The end of a lesson: what was answered, what it changed, what was not right yet, and one more. */
import { useEffect, useRef, useState } from "preact/hooks";
import { skills } from "../../core/practice";
import type { PracticeLesson } from "../../core/practising";
import { t } from "../../i18n";
import type { PracticeSummary, SkillChange } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Waiting } from "../../ui/states";
import { levelOf, turnOf } from "../skills/levels";
import { levelWord, Strength } from "../skills/strength";
import { say } from "../words";
import { Reviewed } from "./reviewed";

/** Fewer days in a row are not worth a word. */
const DAYS_SAID = 2;

function Change({ of }: { readonly of: SkillChange }) {
  const turn = turnOf(of);
  return (
    <li data-turn={turn}>
      <span class="g">
        <bdi>{of.skill}</bdi>
        <br />
        <span class="sm mut">{t(`practice.turn.${turn}`, { level: levelWord(levelOf(of.after_milli)) })}</span>
      </span>
      <Strength milli={of.after_milli} />
    </li>
  );
}

function useDays(course: string): number {
  const [days, setDays] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    skills.mine(course, stop.signal).then(
      (mine) => setDays(mine.days),
      // Without it nothing is said of days.
      () => undefined,
    );
    return () => stop.abort();
  }, [course]);
  return days;
}

/** Everything is answered; some of it may still wait for the school. */
export function Ending({ lesson }: { readonly lesson: PracticeLesson }) {
  const trouble = lesson.trouble.value;
  const isAway = lesson.link.value !== "live";
  return (
    <main class="wrap narrow" id="main" tabIndex={-1} data-testid="practice-ending" data-away={isAway}>
      {trouble === null && !isAway && <Waiting lines={3} />}
      {(trouble !== null || isAway) && (
        <section class="card stack" role="status">
          <h1>{t("practice.allAnswered")}</h1>
          <p>{trouble === null ? t("practice.allAnsweredText", { count: lesson.waiting.value }) : say(trouble)}</p>
          <div class="row w">
            {trouble === null && (
              <Button icon="refresh" onClick={() => lesson.wake()}>
                {t("common.retry")}
              </Button>
            )}
            <ButtonLink href={`/courses/${lesson.course}`}>{t("practice.toCourse")}</ButtonLink>
          </div>
        </section>
      )}
    </main>
  );
}

interface Props {
  readonly lesson: PracticeLesson;
  readonly summary: PracticeSummary;
  readonly onAnother: () => void;
}

export function Summary({ lesson, summary, onAnother }: Props) {
  const days = useDays(lesson.course);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const again = lesson.items.filter(({ id }) => lesson.verdicts.value[id]?.correct === false);
  return (
    <main class="wrap narrow stack done" id="main" tabIndex={-1} data-testid="practice-summary" data-right={summary.right} data-answered={summary.answered}>
      <div>
        <h1 ref={head} tabIndex={-1}>
          {t("practice.done")}
        </h1>
        <p class="mut">{t("practice.doneText", { answered: summary.answered, right: summary.right, again: summary.answered - summary.right })}</p>
        {days >= DAYS_SAID && <p class="mut">{t("skills.days", { count: days })}</p>}
      </div>
      {summary.skills.length > 0 && (
        <section class="card" aria-labelledby="done-skills">
          <header>
            <h2 id="done-skills">{t("practice.changed")}</h2>
            <a class="sm" href={`/courses/${lesson.course}/skills`}>
              {t("practice.mySkills")}
            </a>
          </header>
          <ul class="list">
            {summary.skills.map((one) => (
              <Change key={one.skill} of={one} />
            ))}
          </ul>
        </section>
      )}
      {again.length > 0 && (
        <details class="card">
          <summary class="b">{t("practice.lookAgain", { count: again.length })}</summary>
          <Reviewed lesson={lesson} items={again} />
        </details>
      )}
      <div class="row w done-acts">
        <Button look="primary" size="lg" onClick={onAnother} data-testid="practice-another">
          <span>{t("practice.another")}</span>
          <Icon name="arrow" class="mir" />
        </Button>
        <ButtonLink size="lg" href={`/courses/${lesson.course}`}>
          {t("practice.enough")}
        </ButtonLink>
      </div>
    </main>
  );
}
