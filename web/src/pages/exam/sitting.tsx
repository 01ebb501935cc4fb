/** The exam: one question in view, a map of all, the time left, and whether it is saved. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ExamAttempt } from "../../core/attempt";
import type { Value } from "../../core/journal";
import { me } from "../../core/session";
import { t } from "../../i18n";
import type { PaperItem, QuestionKind } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { Prose } from "../../ui/prose";
import { Question, isAnswered } from "../../ui/question";
import { useTitle } from "../frame";
import { Banners } from "./banners";
import { files } from "./files";
import { Saved, TimeLeft } from "./head";
import { useKeys } from "./keys";
import { Aside, Legend, QuestionMap } from "./map";
import { Gone, ReceiptPaper } from "./receipt";
import { HandIn } from "./submit";
import { useWaking } from "./waking";
import "./exam.css";

/** What is typed is saved after a pause; what is chosen, at once. */
const TYPED = new Set<QuestionKind>(["essay", "short_text", "numeric", "cloze"]);

function Head({ attempt }: { readonly attempt: ExamAttempt }) {
  const { title, items } = attempt.paper.value;
  return (
    <header class="exam-head">
      <div class="sp">
        <h1 class="clip">
          <bdi>{title}</bdi>
        </h1>
        <span class="sm mut dk">
          <bdi>{me.value?.user.name}</bdi>
        </span>
        <span class="sm mut ph">{t("exam.questionOf", { number: attempt.at.value + 1, count: items.length })}</span>
      </div>
      <Saved attempt={attempt} />
      <TimeLeft attempt={attempt} />
    </header>
  );
}

function SectionText({ attempt, item }: { readonly attempt: ExamAttempt; readonly item: PaperItem }) {
  const { sections, items } = attempt.paper.value;
  const section = sections.find(({ id }) => id === item.section);
  if (!section || (!section.title && !section.text)) return null;
  const first = items.find((one) => one.section === section.id)?.id === item.id;
  return (
    <div class="section-text">
      {section.title && <b>{section.title}</b>}
      {section.text && (
        <details open={first}>
          <summary class="sm">{t("exam.sectionText")}</summary>
          <Prose text={section.text} pictures={attempt.pictures.value} />
        </details>
      )}
    </div>
  );
}

function Current({ attempt }: { readonly attempt: ExamAttempt }) {
  const { items } = attempt.paper.value;
  const at = Math.min(attempt.at.value, items.length - 1);
  const item = items[at];
  const head = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useLayoutEffect(() => {
    // Those who hear the page, or use the keyboard, begin a new question at its top. At once: after the painting it would
    // take the keyboard from somebody who types already.
    if (!first.current) head.current?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [at]);
  if (!item) return null;
  const say = (value: Value) => (TYPED.has(item.kind) ? attempt.type(item.id, value) : attempt.answer(item.id, value));
  const code = attempt.refused.value.get(item.id);
  return (
    <main class="exam-main" id="main" tabIndex={-1} data-testid="exam-question" data-item={item.id} data-kind={item.kind}>
      <SectionText attempt={attempt} item={item} />
      <h2 class="sm mut" ref={head} tabIndex={-1}>
        {t("exam.questionHead", { number: at + 1, count: items.length, points: item.points_milli / 1000 })}
      </h2>
      {code !== undefined && (
        <p class="banner warn round" role="alert">
          <Icon name="alert" />
          {t("exam.notTaken")} <span class="xs mono">{t("common.reference", { code })}</span>
        </p>
      )}
      <Question
        key={`${item.id} ${attempt.paper.value.opening}`}
        kind={item.kind}
        content={item.content}
        pictures={attempt.pictures.value}
        value={attempt.answers.value[item.id] ?? null}
        onValue={attempt.writable.value ? say : undefined}
        files={files}
        name={`q-${item.id}`}
      />
    </main>
  );
}

function Foot({ attempt, onMap, onHandIn }: { readonly attempt: ExamAttempt; readonly onMap: () => void; readonly onHandIn: () => void }) {
  const { items } = attempt.paper.value;
  const at = attempt.at.value;
  const item = items[at];
  const flagged = item !== undefined && attempt.flags.value.includes(item.id);
  const answered = items.filter(({ id, kind }) => isAnswered(kind, attempt.answers.value[id])).length;
  const isLast = at >= items.length - 1;
  return (
    <footer class="exam-foot">
      <Button size="lg" disabled={at === 0} aria-label={t("exam.back")} aria-keyshortcuts="PageUp" onClick={() => attempt.turnTo(at - 1)} data-testid="exam-back">
        <Icon name="left" class="mir" />
        <span>{t("exam.back")}</span>
      </Button>
      <span class="row">
        <Button
          look="ghost"
          size="lg"
          aria-pressed={flagged}
          aria-keyshortcuts="G"
          onClick={() => item && attempt.flag(item.id)}
          data-testid="exam-flag"
        >
          <Icon name="flag" />
          <span class="dk">{t("exam.flag")}</span>
          <kbd class="kbd dk">G</kbd>
          <span class="sr ph">{t("exam.flag")}</span>
        </Button>
        <Button look="ghost" size="lg" onClick={onMap} data-testid="exam-map-open">
          <Icon name="grid" />
          <span class="sr">{t("exam.map")}</span>
          <bdi dir="ltr" class="num">{`${t("common.number", { value: answered })} / ${t("common.number", { value: items.length })}`}</bdi>
        </Button>
      </span>
      {isLast ? (
        <Button look="primary" size="lg" disabled={attempt.phase.value === "superseded"} onClick={onHandIn} data-testid="exam-hand-in-last">
          {t("exam.handInDots")}
        </Button>
      ) : (
        <Button look="primary" size="lg" aria-keyshortcuts="PageDown" onClick={() => attempt.turnTo(at + 1)} data-testid="exam-next">
          <span>{t("exam.next")}</span>
          <Icon name="right" class="mir" />
        </Button>
      )}
    </footer>
  );
}

export function Sitting({ attempt }: { readonly attempt: ExamAttempt }) {
  const [dialog, setDialog] = useState<"map" | "hand-in" | null>(null);
  const { title, assessment_id: assessmentId } = attempt.paper.value;
  useTitle(title);
  useWaking(attempt);
  useKeys(attempt, dialog === null && attempt.phase.value !== "submitted");
  const receipt = attempt.receipt.value;
  if (receipt) return <ReceiptPaper of={receipt} title={title} assessmentId={assessmentId} released={false} />;
  if (attempt.phase.value === "gone") return <Gone assessmentId={assessmentId} />;
  const handIn = () => setDialog("hand-in");
  return (
    <div class="exam" data-testid="exam" data-phase={attempt.phase.value} data-link={attempt.link.value} data-waiting={attempt.waiting.value.size}>
      <a class="btn pri skip" href="#main">
        {t("exam.skipToQuestion")}
      </a>
      <a class="btn pri skip" href="#exam-map">
        {t("exam.skipToMap")}
      </a>
      <div class="exam-top">
        <Head attempt={attempt} />
        <Banners attempt={attempt} onHandIn={handIn} />
      </div>
      <Current attempt={attempt} />
      <Aside attempt={attempt} onHandIn={handIn} />
      <Foot attempt={attempt} onMap={() => setDialog("map")} onHandIn={handIn} />
      {dialog === "map" && (
        <Dialog title={t("exam.map")} onClose={() => setDialog(null)}>
          <QuestionMap attempt={attempt} onTurned={() => setDialog(null)} />
          <Legend attempt={attempt} />
          <div class="acts">
            <Button disabled={attempt.phase.value === "superseded"} onClick={handIn}>
              {t("exam.handInDots")}
            </Button>
          </div>
        </Dialog>
      )}
      {(dialog === "hand-in" || attempt.phase.value === "submitting") && <HandIn attempt={attempt} onClose={() => setDialog(null)} />}
    </div>
  );
}
