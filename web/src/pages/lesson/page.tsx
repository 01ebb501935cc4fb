/** One lesson to read, and the way to the next. */
import { minutesToRead } from "../../core/prose";
import { courses, lessons } from "../../core/school";
import { has } from "../../core/session";
import { t } from "../../i18n";
import type { Course, Lesson } from "../../protocol/api";
import { ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { LessonText } from "./text";
import "./lesson.css";

interface Reading {
  readonly lesson: Lesson;
  readonly course: Course;
  readonly before: Lesson | undefined;
  readonly after: Lesson | undefined;
}

async function load(id: string, signal: AbortSignal): Promise<Reading> {
  const { data: lesson } = await lessons.get(id, signal);
  const [course, all] = await Promise.all([courses.get(lesson.course_id, signal), courses.lessons(lesson.course_id, signal)]);
  const at = all.findIndex((one) => one.id === id);
  return { lesson, course, before: all[at - 1], after: at < 0 ? undefined : all[at + 1] };
}

function Steps({ before, after, courseId }: { readonly before: Lesson | undefined; readonly after: Lesson | undefined; readonly courseId: string }) {
  return (
    <nav class="steps" aria-label={t("lesson.steps")}>
      {before ? (
        <a class="step" href={`/lessons/${before.id}`}>
          <span class="sm mut">{t("lesson.before")}</span>
          <bdi>{before.title}</bdi>
        </a>
      ) : (
        <span />
      )}
      {after ? (
        <ButtonLink look="primary" size="lg" href={`/lessons/${after.id}`}>
          <span class="next">
            <span class="xs">{t("lesson.after")}</span>
            <bdi>{after.title}</bdi>
          </span>
          <Icon name="arrow" class="mir" />
        </ButtonLink>
      ) : (
        <ButtonLink look="primary" size="lg" href={`/courses/${courseId}`}>
          {t("lesson.toCourse")}
        </ButtonLink>
      )}
    </nav>
  );
}

export function LessonPage({ lessonId }: { readonly lessonId: string }) {
  const loading = useLoading((signal) => load(lessonId, signal), [lessonId]);
  const title = loading.now.is === "ready" ? loading.now.value.lesson.title : t("course.lessons");
  return (
    <Frame title={title} narrow>
      <Ready of={loading} lines={10}>
        {({ lesson, course, before, after }) => (
          <article>
            <header class="lesson-head">
              <a class="crumb" href={`/courses/${course.id}`}>
                <Icon name="left" class="s mir" />
                <bdi>{course.title}</bdi>
              </a>
              <div class="row">
                <h1 class="sp" dir="auto">
                  {lesson.title}
                </h1>
                {(course.my_role === "teacher" || has("admin")) && !course.archived && (
                  <ButtonLink size="s" icon="pen" href={`/lessons/${lesson.id}/edit`}>
                    {t("common.edit")}
                  </ButtonLink>
                )}
              </div>
              <p class="sm mut">{t("lesson.about", { minutes: minutesToRead(lesson.text), day: lesson.updated_at })}</p>
            </header>
            <LessonText text={lesson.text} />
            <Steps before={before} after={after} courseId={course.id} />
          </article>
        )}
      </Ready>
    </Frame>
  );
}
