/** The timetable of a course. */
import { useState } from "preact/hooks";
import { over } from "../../core/timetable";
import { t } from "../../i18n";
import type { LiveClass } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { Enter } from "../timetable/enter";
import { ClassList } from "../timetable/list";
import { ScheduleDialog } from "./schedule";

interface Props {
  readonly courseId: string;
  readonly of: readonly LiveClass[];
  readonly mayEdit: boolean;
  readonly again: () => void;
}

/** What is open first, then what comes soonest; what is over apart, the latest first. */
function parted(of: readonly LiveClass[], now: number) {
  const byStart = of.toSorted((one, other) => Date.parse(one.starts_at) - Date.parse(other.starts_at));
  const coming = byStart.filter((one) => !over(one, now));
  const open = coming.filter(({ state }) => state === "open");
  return {
    coming: [...open, ...coming.filter((one) => !open.includes(one))],
    past: byStart.filter((one) => over(one, now)).reverse(),
  };
}

export function ClassesCard({ courseId, of, mayEdit, again }: Props) {
  const [editing, setEditing] = useState<LiveClass | "new" | null>(null);
  const now = Date.now();
  const { coming, past } = parted(of, now);
  const tools = (one: LiveClass) => (
    <>
      <Enter of={one} again={again} />
      {mayEdit && one.state === "scheduled" && (
        <IconButton icon="pen" small label={t("schedule.changeOf", { title: one.title })} onClick={() => setEditing(one)} />
      )}
    </>
  );
  return (
    <section class="card classes" aria-labelledby="course-classes">
      <header>
        <Icon name="calendar" />
        <h2 id="course-classes">{t("course.classes")}</h2>
        {mayEdit && (
          <Button size="s" icon="plus" onClick={() => setEditing("new")}>
            {t("course.schedule")}
          </Button>
        )}
      </header>
      {coming.length === 0 ? (
        <Empty icon="calendar" title={t("course.noClasses")}>
          <p>{t(mayEdit ? "course.noClassesTeacher" : "course.noClassesLearner")}</p>
        </Empty>
      ) : (
        <ClassList of={coming} now={now} tools={tools} />
      )}
      {past.length > 0 && (
        <details class="past-classes">
          <summary>{t("course.past", { count: past.length })}</summary>
          <ClassList of={past} now={now} />
        </details>
      )}
      {editing && (
        <ScheduleDialog courseId={courseId} of={editing === "new" ? undefined : editing} onSaved={again} onClose={() => setEditing(null)} />
      )}
    </section>
  );
}
