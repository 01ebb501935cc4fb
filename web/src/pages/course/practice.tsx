/** The way to practice and to the skills of a course. */
import { hasBegun } from "../../core/begun";
import { t } from "../../i18n";
import type { Course } from "../../protocol/api";
import { ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";

/** A learner practises; who teaches, or looks after the school, sees what the class can do. */
export function PracticeCard({ course, teaches }: { readonly course: Course; readonly teaches: boolean }) {
  return (
    <section class="card" aria-labelledby="course-practice">
      <header>
        <Icon name="bulb" />
        <h2 id="course-practice">{t("course.practice")}</h2>
        {!teaches && (
          <a class="sm" href={`/courses/${course.id}/skills`} data-testid="course-skills">
            {t("course.mySkills")}
          </a>
        )}
      </header>
      <div class="row w">
        <p class="mut sp">{t(teaches ? "course.practiceTeach" : "course.practiceText")}</p>
        {teaches ? (
          <ButtonLink href={`/courses/${course.id}/skills`} data-testid="course-skills">
            {t("course.classSkills")}
          </ButtonLink>
        ) : (
          <ButtonLink href={`/courses/${course.id}/practice`} data-testid="course-practise">
            {t(hasBegun(course.id) ? "course.goOn" : "course.practise")}
          </ButtonLink>
        )}
      </div>
    </section>
  );
}
