/** The day as a list of times. */
import { over } from "../../core/timetable";
import { t } from "../../i18n";
import type { LiveClass } from "../../protocol/api";
import { Icon } from "../../ui/icon";

interface Props {
  readonly of: readonly LiveClass[];
  readonly now: number;
  readonly current: LiveClass | null;
}

function Mark({ one, isOver }: { readonly one: LiveClass; readonly isOver: boolean }) {
  if (one.state === "open")
    return (
      <span class="badge live">
        <i />
        {t("timetable.open")}
      </span>
    );
  return isOver ? (
    <>
      <Icon name="check" class="c-ok" />
      <span class="sr">{t("timetable.over")}</span>
    </>
  ) : null;
}

export function Today({ of, now, current }: Props) {
  return (
    <section class="card" aria-labelledby="home-today">
      <header>
        <h2 id="home-today">{t("home.today")}</h2>
      </header>
      <ul class="tl">
        {of.map((one) => {
          const isOver = over(one, now);
          return (
            <li key={one.id} class={isOver ? "past" : ""}>
              <time dateTime={one.starts_at} class={one === current ? "b" : ""}>
                {t("timetable.time", { time: one.starts_at })}
              </time>
              <span class="wrapany">
                <bdi class={one === current ? "b" : ""}>{one.title}</bdi>
                <br />
                <a class="sm" href={`/courses/${one.course_id}`}>
                  <bdi>{one.course_title}</bdi>
                </a>
              </span>
              <Mark one={one} isOver={isOver} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
