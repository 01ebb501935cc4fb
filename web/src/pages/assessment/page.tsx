/** The settings of an exam: what it asks, by which rules, for whom; published from here. */
import { useRef, useState } from "preact/hooks";
import { Refused } from "../../core/errors";
import { courses } from "../../core/school";
import { assessments, bank, gradebook, READY_MOST } from "../../core/teaching";
import { t } from "../../i18n";
import type { Accommodation, Assessment, BankWords, Category, Course, Enrolment, QuestionLine } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { TextArea, TextField } from "../../ui/form";
import { toast } from "../../ui/toast";
import { useDrafting } from "../drafting";
import { Frame } from "../frame";
import { Ready, useLoading, useRepeating } from "../loading";
import { useSubmitting } from "../submitting";
import { say as sayError } from "../words";
import { AccommodationsCard } from "./accommodations";
import { ExamHead } from "./head";
import { faultsOf, isShort, itemsOf, pointsOf, type Plan, type What } from "./plan";
import { Rules } from "./rules";
import { Sections } from "./sections";

const LOOK_EVERY_MS = 2_000;

interface Whole {
  readonly assessment: Assessment;
  readonly etag: string | undefined;
  readonly course: Course;
  readonly lines: readonly QuestionLine[];
  readonly words: BankWords;
  readonly people: readonly Enrolment[];
  readonly categories: readonly Category[];
  readonly given: readonly Accommodation[];
}

async function load(id: string, signal: AbortSignal): Promise<Whole> {
  const { data: assessment, etag } = await assessments.get(id, signal);
  const course = assessment.course_id;
  const [of, lines, words, people, book, given] = await Promise.all([
    courses.get(course, signal),
    bank.ready(course, signal),
    bank.words(course, signal),
    courses.people(course, signal),
    gradebook.get(course, signal),
    assessments.accommodations(id, signal),
  ]);
  return { assessment, etag, course: of, lines, words, people, given, categories: book.data.settings.categories ?? [] };
}

function planOf({ title, opens_at, closes_at, settings }: Assessment): Plan {
  return { title, opens_at, closes_at, settings };
}

/** A published exam is not ready until its papers are; the page looks again until they are. */
function Making({ again }: { readonly again: () => void }) {
  useRepeating(again, LOOK_EVERY_MS);
  return (
    <p class="banner acc round" role="status">
      <span class="busy" aria-hidden="true" />
      {t("assessment.making")}
    </p>
  );
}

interface ActsProps {
  readonly assessment: Assessment;
  readonly short: boolean;
  readonly onDone: () => void;
}

/** Publish, or take back: each asks once and says what happens. */
function Acts({ assessment, short, onDone }: ActsProps) {
  const [asking, setAsking] = useState<"publish" | "archive" | null>(null);
  const act = async (verb: "publish" | "archive") => {
    try {
      await assessments[verb](assessment.id);
      toast(t(verb === "publish" ? "assessment.publishedNow" : "assessment.archivedNow", { title: assessment.title }));
      onDone();
    } catch (error) {
      toast(sayError(error));
    }
  };
  const count = itemsOf(assessment.settings.sections);
  return (
    <>
      {assessment.state !== "archived" && (
        <Button look="ghost" onClick={() => setAsking("archive")}>
          {t("assessment.archive")}
        </Button>
      )}
      {assessment.state !== "published" && (
        <Button look="primary" disabled={count === 0 || short} onClick={() => setAsking("publish")}>
          {t("assessment.publish")}
        </Button>
      )}
      {asking && (
        <Confirm title={t(`assessment.${asking}Title`, { title: assessment.title })} action={t(`assessment.${asking}`)} danger={asking === "archive"} onYes={() => act(asking)} onClose={() => setAsking(null)}>
          {t(`assessment.${asking}Text`)}
        </Confirm>
      )}
    </>
  );
}

function SettingsForm({ assessment, etag, lines, words, categories, again }: Whole & { readonly again: () => void }) {
  const { draft: plan, setDraft: setPlan, changed, basis, forget } = useDrafting(`assessment.${assessment.id}`, planOf(assessment), etag);
  const form = useRef<HTMLFormElement>(null);
  const [faults, setFaults] = useState<ReadonlyMap<string, What>>(new Map());
  const { busy, fault, refusal, submit } = useSubmitting();
  const say = (pointer: string) => {
    const what = faults.get(pointer);
    return what ? t(`assessment.fault.${what}`) : refusal?.faultOf(pointer) && t("error.field");
  };
  const { sections } = plan.settings;
  const short = lines.length < READY_MOST && isShort(sections, lines);
  const save = async () => {
    const found = faultsOf(plan);
    setFaults(found);
    if (found.size > 0) {
      setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus());
      return;
    }
    await submit(async () => {
      try {
        await assessments.change(assessment.id, { ...plan, title: plan.title.trim() }, basis.current);
      } catch (error) {
        // The words stay; the next save is on top of what the other person wrote.
        if (error instanceof Refused && error.status === 412) basis.current = (await assessments.get(assessment.id)).etag;
        throw error;
      }
      forget();
      toast(t(assessment.state === "published" ? "assessment.saved" : "bank.saved", { title: plan.title }));
      again();
    });
  };
  return (
    <>
      {assessment.state === "published" && !assessment.materialised && <Making again={again} />}
      <form
        ref={form}
        class="exam-settings"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="stack">
          <section class="card stack" aria-labelledby="exam-about">
            <h2 id="exam-about">{t("assessment.about")}</h2>
            <TextField label={t("assessment.title")} value={plan.title} onValue={(title) => setPlan({ ...plan, title })} maxLength={200} dir="auto" fault={say("/title")} />
            <TextArea label={t("assessment.text")} hint={t("assessment.textHint")} rows={3} value={plan.settings.text} onValue={(text) => setPlan({ ...plan, settings: { ...plan.settings, text } })} maxLength={20_000} dir="auto" fault={say("/settings/text")} />
          </section>
          <Sections sections={sections} bank={lines} words={words} say={say} onSections={(changedOnes) => setPlan({ ...plan, settings: { ...plan.settings, sections: changedOnes } })} />
        </div>
        <div class="stack">
          <Rules plan={plan} categories={categories} say={say} onPlan={setPlan} />
        </div>
        <div class="exam-foot">
          {(fault || faults.size > 0) && (
            <p class="banner bad round" role="alert">
              {fault ?? t("bank.faults", { count: faults.size })}
            </p>
          )}
          <div class="row w">
            <span class="sp sm mut" role="status">
              {t("assessment.sum", { items: itemsOf(sections), points: pointsOf(sections) })}
              {short && <span class="c-danger"> {t("assessment.short")}</span>}
              {changed && ` · ${t("lesson.draftKept")}`}
            </span>
            {changed ? (
              <Button look="primary" type="submit" busy={busy}>
                {t("common.save")}
              </Button>
            ) : (
              <Acts assessment={assessment} short={short} onDone={again} />
            )}
          </div>
        </div>
      </form>
    </>
  );
}

export function SettingsPage({ assessmentId }: { readonly assessmentId: string }) {
  const loading = useLoading((signal) => load(assessmentId, signal), [assessmentId]);
  const title = loading.now.is === "ready" ? loading.now.value.assessment.title : t("assessment.settings");
  return (
    <Frame title={title}>
      <Ready of={loading} lines={10}>
        {(whole) => (
          <>
            <ExamHead id={assessmentId} courseId={whole.assessment.course_id} title={whole.assessment.title} state={whole.assessment.state} />
            <SettingsForm key={whole.assessment.version} {...whole} again={loading.again} />
            <AccommodationsCard assessmentId={assessmentId} people={whole.people} of={whole.given} again={loading.again} />
          </>
        )}
      </Ready>
    </Frame>
  );
}
