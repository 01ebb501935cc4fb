/** Who teaches and who learns in a course. */
import { useState } from "preact/hooks";
import { courses } from "../../core/school";
import { t } from "../../i18n";
import type { CourseRole, Enrolment } from "../../protocol/api";
import { Avatar } from "../../ui/avatar";
import { Button, IconButton } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { toast } from "../../ui/toast";
import { say } from "../words";
import { EnrolDialog } from "./enrol";

interface Props {
  readonly courseId: string;
  readonly of: readonly Enrolment[];
  readonly mayEdit: boolean;
  readonly again: () => void;
}

const ROLES: readonly CourseRole[] = ["teacher", "student"];

/** Takes a person out at once; the toast puts them back. */
async function withdraw({ courseId, again }: Pick<Props, "courseId" | "again">, one: Enrolment): Promise<void> {
  try {
    await courses.withdraw(courseId, one.id);
    again();
    const undo = () =>
      void courses
        .enrol(courseId, { user_id: one.user_id, role: one.role })
        .then(again)
        .catch((error: unknown) => toast(say(error)));
    toast(t("course.withdrawn", { name: one.name }), { undo });
  } catch (error) {
    toast(say(error));
  }
}

export function PeopleCard(props: Props) {
  const { courseId, of, mayEdit, again } = props;
  const [enrolling, setEnrolling] = useState(false);
  return (
    <section class="card people" aria-labelledby="course-people">
      <header>
        <Icon name="people" />
        <h2 id="course-people">{t("course.people")}</h2>
        {mayEdit && (
          <Button size="s" icon="plus" onClick={() => setEnrolling(true)}>
            {t("course.enrol")}
          </Button>
        )}
      </header>
      {ROLES.map((role) => {
        const those = of.filter((one) => one.role === role);
        return (
          <div key={role}>
            <h3 class="grp">{t(`course.group.${role}`, { count: those.length })}</h3>
            <ul class="ppl">
              {those.map((one) => (
                <li key={one.id}>
                  <Avatar name={one.name} />
                  <bdi class="sp wrapany">{one.name}</bdi>
                  {mayEdit && (
                    <IconButton icon="x" small label={t("course.withdraw", { name: one.name })} onClick={() => void withdraw(props, one)} />
                  )}
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      {enrolling && <EnrolDialog courseId={courseId} again={again} onClose={() => setEnrolling(false)} />}
    </section>
  );
}
