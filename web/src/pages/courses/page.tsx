/** The courses of this person, or of the school. */
import { useState } from "preact/hooks";
import { go } from "../../core/location";
import { courses } from "../../core/school";
import { has } from "../../core/session";
import { t } from "../../i18n";
import type { Course } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { TitleDialog } from "../course/title";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import "./courses.css";

function Card({ course }: { readonly course: Course }) {
  return (
    <li>
      <a class="card course-card" href={`/courses/${course.id}`}>
        <Icon name="book" class="l" />
        <span class="sp">
          <bdi class="b">{course.title}</bdi>
          <span class="sm mut">
            {t("courses.people", { count: course.people })}
            {course.my_role && ` · ${t(`role.course.${course.my_role}`)}`}
          </span>
        </span>
        {course.archived && <span class="badge">{t("courses.archived")}</span>}
      </a>
    </li>
  );
}

export function CoursesPage() {
  const loading = useLoading((signal) => courses.all(signal), []);
  const [adding, setAdding] = useState(false);
  const mayAdd = has("admin", "teacher");
  return (
    <Frame title={t("shell.courses")}>
      <div class="greet">
        <h1 class="sp">{t("shell.courses")}</h1>
        {mayAdd && (
          <Button icon="plus" onClick={() => setAdding(true)}>
            {t("courses.new")}
          </Button>
        )}
      </div>
      <Ready of={loading}>
        {(all) =>
          all.length === 0 ? (
            <section class="card">
              <Empty icon="book" title={t("courses.none")}>
                <p>{t(mayAdd ? "courses.noneTeacher" : "courses.noneLearner")}</p>
              </Empty>
            </section>
          ) : (
            <ul class="course-grid">
              {all.map((course) => (
                <Card key={course.id} course={course} />
              ))}
            </ul>
          )
        }
      </Ready>
      {adding && (
        <TitleDialog
          title={t("courses.new")}
          label={t("course.titleLabel")}
          value=""
          action={t("courses.create")}
          onSave={async (title) => {
            const course = await courses.create({ title });
            go(`/courses/${course.id}`);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Frame>
  );
}
