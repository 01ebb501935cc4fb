/** The class of this moment, and the one thing to do about it. */
import { minutesUntil } from "../../core/timetable";
import { t } from "../../i18n";
import type { LiveClass } from "../../protocol/api";
import { Icon } from "../../ui/icon";
import { Enter } from "../timetable/enter";

interface Props {
  readonly of: LiveClass;
  readonly now: number;
  readonly again: () => void;
}

function When({ of, now }: Omit<Props, "again">) {
  if (of.state === "open")
    return (
      <span class="badge live">
        <i />
        {t("timetable.openSince", { time: of.opened_at ?? of.starts_at })}
      </span>
    );
  const minutes = minutesUntil(of, now);
  return (
    <span class="badge acc">
      <Icon name="clock" class="s" />
      {minutes < 60 ? t("timetable.startsIn", { minutes }) : t("timetable.startsAt", { time: of.starts_at })}
    </span>
  );
}

function what({ state, my_role: role }: LiveClass): string {
  if (state === "open") return t(role === "teacher" ? "home.openTeacher" : "home.openLearner");
  return t(role === "teacher" ? "home.nextTeacher" : "home.nextLearner");
}

export function NowCard({ of, now, again }: Props) {
  return (
    <section class="card now" aria-labelledby="home-now">
      <div class="row w">
        <When of={of} now={now} />
        <span class="sm mut">{t("timetable.times", { from: of.starts_at, to: of.ends_at })}</span>
      </div>
      <h2 id="home-now">
        <bdi>{of.title}</bdi>
      </h2>
      <p class="mut">
        <a class="mut" href={`/courses/${of.course_id}`}>
          <bdi>{of.course_title}</bdi>
        </a>
      </p>
      <p class="mut">{what(of)}</p>
      <div class="row w acts">
        <Enter of={of} large again={again} />
      </div>
    </section>
  );
}
