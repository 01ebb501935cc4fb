/** The first page: the class to act on, the day, what comes, and the way to the courses. */
import { classes, courses } from "../../core/school";
import { has } from "../../core/session";
import { timetable } from "../../core/timetable";
import { region, t } from "../../i18n";
import type { Course, LiveClass } from "../../protocol/api";
import { ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { ExamsToTake } from "../course/assessments";
import { ClassList } from "../timetable/list";
import { Frame } from "../frame";
import { Ready, useLoading, useRepeating } from "../loading";
import { NowCard } from "./now";
import { PracticeToDo } from "./practice";
import { Today } from "./today";
import "./home.css";

/** A learner who waits sees the class open without doing anything. */
const REPEAT_MS = 15_000;
const LATER_SHOWN = 5;

function summary(today: readonly LiveClass[], now: number): string {
  const open = today.filter(({ state }) => state === "open").length;
  const left = today.filter(({ state, ends_at: end }) => state === "scheduled" && Date.parse(end) > now).length;
  if (open > 0) return t("home.summaryOpen", { open, left });
  return today.length > 0 ? t("home.summary", { left }) : t("home.summaryFree");
}

function CoursesCard({ of }: { readonly of: readonly Course[] }) {
  return (
    <section class="card" aria-labelledby="home-courses">
      <header>
        <h2 id="home-courses">{t("shell.courses")}</h2>
        <a class="sm" href="/courses">
          {t("home.allCourses")}
        </a>
      </header>
      {of.length === 0 ? (
        <p class="mut sm">{t("courses.noneShort")}</p>
      ) : (
        <ul class="list">
          {of.map((course) => (
            <li key={course.id}>
              <a class="g" href={`/courses/${course.id}`}>
                <bdi>{course.title}</bdi>
              </a>
              <Icon name="right" class="mir s dim" />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function ReviewsToDo() {
  return (
    <section class="card" aria-labelledby="home-reviews">
      <header>
        <Icon name="ok" />
        <h2 id="home-reviews">{t("shell.reviews")}</h2>
      </header>
      <div class="row w">
        <p class="mut sp">{t("home.reviewsText")}</p>
        <ButtonLink href="/reviews">{t("shell.reviews")}</ButtonLink>
      </div>
    </section>
  );
}

interface School {
  readonly classes: readonly LiveClass[];
  readonly courses: readonly Course[];
}

function Day({ school, again }: { readonly school: School; readonly again: () => void }) {
  const now = Date.now();
  const { now: current, today, later } = timetable(school.classes, now);
  return (
    <>
      <div class="greet">
        <div class="sp">
          <h1>{new Intl.DateTimeFormat(region(), { weekday: "long", day: "numeric", month: "long" }).format(now)}</h1>
          <p class="mut">{summary(today, now)}</p>
        </div>
        {has("admin") && (
          <div class="row w">
            <ButtonLink href="/factory" icon="signal">
              {t("home.factory")}
            </ButtonLink>
            <ButtonLink href="/admin/people" icon="people">
              {t("shell.people")}
            </ButtonLink>
          </div>
        )}
      </div>
      <div class="two">
        <div class="stack">
          {current ? (
            <NowCard of={current} now={now} again={again} />
          ) : (
            <section class="card">
              <Empty icon="calendar" title={t("home.noneTitle")}>
                <p>{later.length > 0 ? t("home.noneButLater") : t(has("teacher") ? "home.noneTeacher" : "home.none")}</p>
              </Empty>
            </section>
          )}
          <ExamsToTake courses={school.courses} />
          <PracticeToDo courses={school.courses} />
          {has("reviewer") && <ReviewsToDo />}
          {later.length > 0 && (
            <section class="card" aria-labelledby="home-later">
              <header>
                <Icon name="calendar" />
                <h2 id="home-later">{t("home.later")}</h2>
              </header>
              <ClassList of={later.slice(0, LATER_SHOWN)} now={now} withCourse />
            </section>
          )}
        </div>
        <aside class="stack" aria-label={t("home.aside")}>
          {today.length > 0 && <Today of={today} now={now} current={current} />}
          <CoursesCard of={school.courses} />
        </aside>
      </div>
    </>
  );
}

async function load(signal: AbortSignal): Promise<School> {
  const [mine, taken] = await Promise.all([classes.mine(signal), courses.all(signal)]);
  return { classes: mine, courses: taken.filter(({ archived }) => !archived) };
}

export function HomePage() {
  const loading = useLoading(load, []);
  useRepeating(loading.again, REPEAT_MS);
  return (
    <Frame title={t("shell.start")}>
      <Ready of={loading} lines={6}>
        {(school) => <Day school={school} again={loading.again} />}
      </Ready>
    </Frame>
  );
}
