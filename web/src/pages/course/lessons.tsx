/** The lessons of a course, in their order. */
import { t } from "../../i18n";
import type { Lesson } from "../../protocol/api";
import { ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";

interface Props {
  readonly courseId: string;
  readonly of: readonly Lesson[];
  readonly mayEdit: boolean;
}

export function LessonsCard({ courseId, of, mayEdit }: Props) {
  return (
    <section class="card" aria-labelledby="course-lessons">
      <header>
        <Icon name="book" />
        <h2 id="course-lessons">{t("course.lessons")}</h2>
        {mayEdit && (
          <ButtonLink size="s" icon="plus" href={`/courses/${courseId}/lessons/new`}>
            {t("course.newLesson")}
          </ButtonLink>
        )}
      </header>
      {of.length === 0 ? (
        <Empty icon="book" title={t("course.noLessons")}>
          <p>{t(mayEdit ? "course.noLessonsTeacher" : "course.noLessonsLearner")}</p>
        </Empty>
      ) : (
        <ol class="list lessons">
          {of.map((lesson, at) => (
            <li key={lesson.id}>
              <span class="place num" aria-hidden="true">
                {t("common.number", { value: at + 1 })}
              </span>
              <a class="g" href={`/lessons/${lesson.id}`}>
                <bdi>{lesson.title}</bdi>
              </a>
              <Icon name="right" class="s mir dim" />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
