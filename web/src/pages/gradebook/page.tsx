/** The gradebook of a course: everybody for those who teach, one's own marks for who learns. */
import { useState } from "preact/hooks";
import { download } from "../../core/download";
import { courses } from "../../core/school";
import { has } from "../../core/session";
import { gradebook } from "../../core/teaching";
import { locale, t } from "../../i18n";
import type { Course, Gradebook } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Segments, TextField } from "../../ui/form";
import { Empty } from "../../ui/states";
import { toast } from "../../ui/toast";
import { CourseHead } from "../coursehead";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { say } from "../words";
import { named, ordered, type Order, type Unit } from "./cells";
import { Share } from "./figure";
import { SettingsDialog } from "./settings";
import { Cards, Lines, Table } from "./table";
import "./gradebook.css";

interface Loaded {
  readonly course: Course;
  readonly book: Gradebook;
  readonly etag: string | undefined;
}

/** A copy older than this says so. */
const OLD_MS = 10_000;

async function save(course: Course): Promise<void> {
  try {
    download(`${course.title}.csv`, await gradebook.exportCsv(course.id));
  } catch (error) {
    toast(say(error));
  }
}

/** What is dropped from which category, under the title. */
function rules({ settings }: Gradebook): string {
  return (settings.categories ?? [])
    .filter(({ drop_lowest }) => drop_lowest > 0)
    .map(({ title, drop_lowest }) => t("gradebook.drops", { title, count: drop_lowest }))
    .join(" · ");
}

function Everybody({ course, book, etag, put }: Loaded & { readonly put: (book: Gradebook, etag: string | undefined) => void }) {
  const [unit, setUnit] = useState<Unit>("points");
  const [order, setOrder] = useState<Order>("name");
  const [words, setWords] = useState("");
  const [setting, setSetting] = useState(false);
  const rows = ordered(named(book.rows, words), order, locale());
  const none = book.columns.length === 0 || book.rows.length === 0;
  return (
    <>
      <CourseHead course={course} title={t("gradebook.title")}>
        <Button onClick={() => setSetting(true)}>{t("gradebook.settings")}</Button>
        <Button icon="download" onClick={() => void save(course)}>
          {t("bank.export")}
        </Button>
      </CourseHead>
      <p class="sm mut book-about">
        {[t("gradebook.learners", { count: book.rows.length }), rules(book)].filter(Boolean).join(" · ")}
        {book.lag_ms > OLD_MS && ` · ${t("gradebook.old", { seconds: Math.round(book.lag_ms / 1000) })}`}
      </p>
      {none ? (
        <section class="card">
          <Empty icon="grid" title={t("gradebook.none")}>
            <p>{t("gradebook.noneDo")}</p>
          </Empty>
        </section>
      ) : (
        <>
          <div class="row w book-bar">
            <div class="book-find">
              <TextField quiet type="search" label={t("gradebook.find")} placeholder={t("gradebook.find")} value={words} onValue={setWords} dir="auto" />
            </div>
            <Segments
              label={t("gradebook.unit")}
              options={[
                { value: "points", label: t("gradebook.unit.points") },
                { value: "percent", label: t("gradebook.unit.percent") },
              ]}
              value={unit}
              onValue={setUnit}
            />
          </div>
          {rows.length === 0 && <p class="mut">{t("gradebook.nobody")}</p>}
          {rows.length > 0 && <Table book={book} rows={rows} unit={unit} order={order} onOrder={setOrder} />}
          <Cards book={book} rows={rows} unit={unit} />
        </>
      )}
      {setting && <SettingsDialog courseId={course.id} settings={book.settings} etag={etag} onSaved={put} onClose={() => setSetting(false)} />}
    </>
  );
}

function Mine({ course, book }: Loaded) {
  const [row] = book.rows;
  return (
    <>
      <CourseHead course={course} title={t("exam.myGrades")} />
      {!row || book.columns.length === 0 ? (
        <section class="card">
          <Empty icon="grid" title={t("gradebook.noneMine")}>
            <p>{t("gradebook.noneMineWhen")}</p>
          </Empty>
        </section>
      ) : (
        <section class="card" aria-label={t("gradebook.mine")}>
          <header>
            <h2>{t("gradebook.soFar")}</h2>
            <b class="num mine-share">
              <Share share={row.share} letter={row.letter} />
            </b>
          </header>
          <Lines book={book} row={row} unit="points" wayTo={(column, attempt) => `/exams/${column.assessment_id}/attempts/${attempt}/result`} />
        </section>
      )}
    </>
  );
}

export function GradebookPage({ courseId }: { readonly courseId: string }) {
  const loading = useLoading(async (signal): Promise<Loaded> => {
    const [course, { data: book, etag }] = await Promise.all([courses.get(courseId, signal), gradebook.get(courseId, signal)]);
    return { course, book, etag };
  }, [courseId]);
  const put = (book: Gradebook, etag: string | undefined) => {
    loading.put((old) => ({ ...old, book, etag }));
    toast(t("gradebook.saved"));
  };
  return (
    <Frame title={t("gradebook.title")}>
      <Ready of={loading} lines={8}>
        {(loaded) => (loaded.course.my_role === "teacher" || has("admin") ? <Everybody {...loaded} put={put} /> : <Mine {...loaded} />)}
      </Ready>
    </Frame>
  );
}
