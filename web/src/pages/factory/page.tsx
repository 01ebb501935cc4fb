/** The content factory of a course: ask for items, see how far they are, keep the stock up, look at how items do. */
import { useState } from "preact/hooks";
import { generation } from "../../core/factory";
import { courses } from "../../core/school";
import { bank } from "../../core/teaching";
import { t } from "../../i18n";
import type { BankWords, Course, Generation } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Empty } from "../../ui/states";
import { CourseHead } from "../coursehead";
import { Frame } from "../frame";
import { Ready, useLoading, useRepeating } from "../loading";
import { BriefForm } from "./brief";
import { JobCard } from "./job";
import { QualityCard } from "./quality";
import { StockCard } from "./stock";
import "./factory.css";

const WATCH_MS = 2000;

interface Place {
  readonly course: Course;
  readonly words: BankWords;
}

function isUnderWay({ state }: Generation): boolean {
  return state === "queued" || state === "running";
}

function Jobs({ courseId, fresh }: { readonly courseId: string; readonly fresh: Generation | null }) {
  const loading = useLoading((signal) => generation.ofCourse(courseId, signal), [courseId, fresh?.id]);
  const moving = loading.now.is === "ready" && loading.now.value.some(isUnderWay);
  useRepeating(() => moving && loading.again(), WATCH_MS);
  const put = (changed: Generation) => loading.put((old) => old.map((one) => (one.id === changed.id ? changed : one)));
  return (
    <section class="card" aria-labelledby="factory-jobs">
      <header>
        <h2 id="factory-jobs">{t("factory.jobs")}</h2>
      </header>
      <Ready of={loading} lines={4}>
        {(jobs) =>
          jobs.length === 0 ? (
            <Empty icon="file" title={t("factory.noJobs")}>
              <p>{t("factory.noJobsText")}</p>
            </Empty>
          ) : (
            <ul class="stack jobs">
              {jobs.map((job) => (
                <JobCard key={job.id} job={job} onChanged={put} />
              ))}
            </ul>
          )
        }
      </Ready>
    </section>
  );
}

function Whole({ course, words }: Place) {
  const [asking, setAsking] = useState(false);
  const [fresh, setFresh] = useState<Generation | null>(null);
  const asked = (job: Generation) => {
    setAsking(false);
    setFresh(job);
  };
  return (
    <>
      <CourseHead course={course} title={t("factory.title")} about={t("factory.about")}>
        <ButtonLink href="/factory" icon="signal">
          {t("factory.figures")}
        </ButtonLink>
        {!course.archived && (
          <Button look="primary" icon="plus" onClick={() => setAsking(true)}>
            {t("factory.ask")}
          </Button>
        )}
      </CourseHead>
      <div class="stack">
        <Jobs courseId={course.id} fresh={fresh} />
        <StockCard courseId={course.id} mayEdit={!course.archived} />
        <QualityCard courseId={course.id} mayEdit={!course.archived} />
      </div>
      {asking && <BriefForm courseId={course.id} words={words} onAsked={asked} onClose={() => setAsking(false)} />}
    </>
  );
}

export function FactoryPage({ courseId }: { readonly courseId: string }) {
  const loading = useLoading(async (signal): Promise<Place> => {
    const [course, words] = await Promise.all([courses.get(courseId, signal), bank.words(courseId, signal)]);
    return { course, words };
  }, [courseId]);
  return (
    <Frame title={t("factory.title")}>
      <Ready of={loading} lines={10}>
        {(place) => <Whole {...place} />}
      </Ready>
    </Frame>
  );
}
