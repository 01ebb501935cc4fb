/** The exams of a course for those who take or watch them, and those of all courses that can be taken now or soon. */
import { assessments } from "../../core/teaching";
import { t } from "../../i18n";
import type { AssessmentLine, Course } from "../../protocol/api";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { Ready, useLoading, useRepeating } from "../loading";

const REPEAT_MS = 60_000;
const HOME_SHOWN = 5;

type Stage = "coming" | "open" | "over";

function stageOf({ state, opens_at: opens, closes_at: closes }: AssessmentLine, now: number): Stage {
  if (state !== "published" || (closes !== null && Date.parse(closes) <= now)) return "over";
  return opens !== null && Date.parse(opens) > now ? "coming" : "open";
}

function when({ opens_at: opens, closes_at: closes }: AssessmentLine, stage: Stage): string {
  if (stage === "coming") return t("exam.listOpens", { day: opens ?? 0, time: opens ?? 0 });
  if (closes === null) return t("exam.listAnyTime");
  return t(stage === "open" ? "exam.listUntil" : "exam.listClosed", { day: closes, time: closes });
}

interface LineProps {
  readonly of: AssessmentLine;
  readonly now: number;
  readonly course?: string | undefined;
  readonly watches?: boolean;
}

function Line({ of, now, course, watches }: LineProps) {
  const stage = stageOf(of, now);
  return (
    <li>
      <span class="g">
        <a href={watches ? `/assessments/${of.id}/board` : `/exams/${of.id}`}>
          <bdi>{of.title}</bdi>
        </a>
        <br />
        <span class="sm mut">
          {course !== undefined && (
            <>
              <bdi>{course}</bdi>
              {" · "}
            </>
          )}
          {when(of, stage)}
          {of.time_limit_minutes !== null && ` · ${t("exam.minutes", { minutes: of.time_limit_minutes })}`}
        </span>
      </span>
      {stage === "open" && <span class="badge acc">{t("exam.listOpen")}</span>}
      <Icon name="right" class="s mir dim" />
    </li>
  );
}

/** What can be taken first, then what comes, then what is over. */
function sorted(of: readonly AssessmentLine[], now: number): readonly AssessmentLine[] {
  const order: readonly Stage[] = ["open", "coming", "over"];
  const place = (one: AssessmentLine) => order.indexOf(stageOf(one, now));
  return of.toSorted((one, other) => place(one) - place(other));
}

/** Who watches, a proctor, goes to the board; who takes them, to the exam. */
export function AssessmentsCard({ courseId, watches }: { readonly courseId: string; readonly watches: boolean }) {
  const loading = useLoading((signal) => assessments.all(courseId, signal), [courseId]);
  useRepeating(loading.again, REPEAT_MS);
  const now = Date.now();
  return (
    <section class="card exams" aria-labelledby="course-exams">
      <header>
        <Icon name="pen" />
        <h2 id="course-exams">{t("exam.exams")}</h2>
        {!watches && (
          <a class="sm" href={`/courses/${courseId}/gradebook`}>
            {t("exam.myGrades")}
          </a>
        )}
      </header>
      <Ready of={loading} lines={2}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="pen" title={t("exam.none")}>
              <p>{t("exam.noneText")}</p>
            </Empty>
          ) : (
            <ul class="list">
              {sorted(all, now).map((one) => (
                <Line key={one.id} of={one} now={now} watches={watches} />
              ))}
            </ul>
          )
        }
      </Ready>
    </section>
  );
}

interface OfCourse {
  readonly course: Course;
  readonly exam: AssessmentLine;
}

async function takable(courses: readonly Course[], signal: AbortSignal): Promise<readonly OfCourse[]> {
  const mine = courses.filter(({ my_role: role }) => role === "student");
  const all = await Promise.all(mine.map(async (course) => (await assessments.all(course.id, signal)).map((exam) => ({ course, exam }))));
  return all.flat().filter(({ exam }) => stageOf(exam, Date.now()) !== "over");
}

/** On the first page; it is not there where there is nothing to take. */
export function ExamsToTake({ courses }: { readonly courses: readonly Course[] }) {
  const loading = useLoading((signal) => takable(courses, signal), [courses.map(({ id }) => id).join(" ")]);
  useRepeating(loading.again, REPEAT_MS);
  if (loading.now.is !== "ready" || loading.now.value.length === 0) return null;
  const now = Date.now();
  const soonest = loading.now.value.toSorted((one, other) => Date.parse(one.exam.closes_at ?? "9999") - Date.parse(other.exam.closes_at ?? "9999"));
  return (
    <section class="card" aria-labelledby="home-exams">
      <header>
        <Icon name="pen" />
        <h2 id="home-exams">{t("exam.exams")}</h2>
      </header>
      <ul class="list">
        {soonest.slice(0, HOME_SHOWN).map(({ course, exam }) => (
          <Line key={exam.id} of={exam} now={now} course={course.title} />
        ))}
      </ul>
    </section>
  );
}
