/** One course: its timetable, its lessons, its people. */
import { useState } from "preact/hooks";
import { courses } from "../../core/school";
import { has } from "../../core/session";
import { t } from "../../i18n";
import type { Course, Enrolment, Lesson, LiveClass } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { toast } from "../../ui/toast";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { say } from "../words";
import { AssessmentsCard } from "./assessments";
import { ClassesCard } from "./classes";
import { ExamsCard } from "./exams";
import { LessonsCard } from "./lessons";
import { PeopleCard } from "./people";
import { Recalled } from "./recalled";
import { PracticeCard } from "./practice";
import { TitleDialog } from "./title";
import "./course.css";

interface Whole {
  readonly course: Course;
  readonly lessons: readonly Lesson[];
  readonly classes: readonly LiveClass[];
  /** Null where the caller may not see them. */
  readonly people: readonly Enrolment[] | null;
}

async function load(id: string, signal: AbortSignal): Promise<Whole> {
  const [course, lessons, classes] = await Promise.all([
    courses.get(id, signal),
    courses.lessons(id, signal),
    courses.classes(id, signal),
  ]);
  const seesPeople = course.my_role === "teacher" || has("admin", "proctor");
  return { course, lessons, classes, people: seesPeople ? await courses.people(id, signal) : null };
}

function Head({ course, mayEdit, onChanged }: { readonly course: Course; readonly mayEdit: boolean; readonly onChanged: (course: Course) => void }) {
  const [renaming, setRenaming] = useState(false);
  const archive = async (archived: boolean) => {
    try {
      onChanged(await courses.change(course.id, { archived }));
      const undo = () => void archive(!archived);
      toast(t(archived ? "course.archivedNow" : "course.backNow", { title: course.title }), { undo });
    } catch (error) {
      toast(say(error));
    }
  };
  return (
    <div class="greet">
      <div class="sp">
        <a class="crumb" href="/courses">
          <Icon name="left" class="s mir" />
          {t("shell.courses")}
        </a>
        <div class="row">
          <h1>
            <bdi>{course.title}</bdi>
          </h1>
          {mayEdit && <IconButton icon="pen" label={t("course.rename")} onClick={() => setRenaming(true)} />}
          {course.archived && <span class="badge">{t("courses.archived")}</span>}
        </div>
      </div>
      {mayEdit && (
        <Button look="ghost" onClick={() => void archive(!course.archived)}>
          {t(course.archived ? "course.bringBack" : "course.archive")}
        </Button>
      )}
      {renaming && (
        <TitleDialog
          title={t("course.rename")}
          label={t("course.titleLabel")}
          value={course.title}
          action={t("common.save")}
          onSave={async (title) => onChanged(await courses.change(course.id, { title }))}
          onClose={() => setRenaming(false)}
        />
      )}
    </div>
  );
}

export function CoursePage({ courseId }: { readonly courseId: string }) {
  const loading = useLoading((signal) => load(courseId, signal), [courseId]);
  const title = loading.now.is === "ready" ? loading.now.value.course.title : t("shell.courses");
  return (
    <Frame title={title}>
      <Ready of={loading} lines={8}>
        {({ course, lessons, classes, people }) => {
          const mayEdit = (course.my_role === "teacher" || has("admin")) && !course.archived;
          return (
            <>
              <Head
                course={course}
                mayEdit={course.my_role === "teacher" || has("admin")}
                onChanged={(changed) => loading.put((old) => ({ ...old, course: changed }))}
              />
              {mayEdit && <Recalled courseId={courseId} />}
              <div class={people ? "two" : ""}>
                <div class="stack">
                  <ClassesCard courseId={courseId} of={classes} mayEdit={mayEdit} again={loading.again} />
                  {(course.my_role !== null || has("admin")) && <PracticeCard course={course} teaches={course.my_role !== "student"} />}
                  {course.my_role === "teacher" || has("admin") ? <ExamsCard courseId={courseId} mayEdit={mayEdit} /> : <AssessmentsCard courseId={courseId} watches={course.my_role === null} />}
                  <LessonsCard courseId={courseId} of={lessons} mayEdit={mayEdit} />
                </div>
                {people && <PeopleCard courseId={courseId} of={people} mayEdit={mayEdit} again={loading.again} />}
              </div>
            </>
          );
        }}
      </Ready>
    </Frame>
  );
}
