/** Classes with their day, their times, and what can be done with them. */
import type { ComponentChildren } from "preact";
import { over } from "../../core/timetable";
import { t } from "../../i18n";
import type { LiveClass } from "../../protocol/api";
import "./list.css";

interface Props {
  readonly of: readonly LiveClass[];
  readonly now: number;
  readonly withCourse?: boolean;
  /** What stands at the end of a row. */
  readonly tools?: (one: LiveClass) => ComponentChildren;
}

function Day({ at }: { readonly at: string }) {
  return (
    <time class="date" dateTime={at}>
      {t("timetable.weekday", { day: at })}
      <b>{t("timetable.dayOfMonth", { day: new Date(at).getDate() })}</b>
    </time>
  );
}

function State({ one, now }: { readonly one: LiveClass; readonly now: number }) {
  if (one.state === "open")
    return (
      <span class="badge live">
        <i />
        {t("timetable.open")}
      </span>
    );
  return over(one, now) ? <span class="badge">{t(one.state === "closed" ? "timetable.over" : "timetable.missed")}</span> : null;
}

export function ClassList({ of, now, withCourse = false, tools }: Props) {
  return (
    <ul class="list">
      {of.map((one) => (
        <li key={one.id}>
          <Day at={one.starts_at} />
          <div class="g">
            <bdi class="b">{one.title}</bdi>
            <p class="sm mut">
              {t("timetable.when", { day: one.starts_at, from: one.starts_at, to: one.ends_at })}
              {withCourse && (
                <>
                  {" · "}
                  <bdi>{one.course_title}</bdi>
                </>
              )}
            </p>
          </div>
          <span class="row tools">
            <State one={one} now={now} />
            {tools?.(one)}
          </span>
        </li>
      ))}
    </ul>
  );
}
