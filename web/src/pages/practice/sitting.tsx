/** A lesson of the tutor: one item, why it is here, the verdict with the key, and on. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { PracticeLesson, Stage } from "../../core/practising";
import { t } from "../../i18n";
import type { PracticeItem, Verdict } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { Prose } from "../../ui/prose";
import { isAnswered, Question } from "../../ui/question";
import { hasSingleKeys, singleKeys } from "../keys";
import { useKeys } from "./keys";
import { ReportDialog } from "./report";
import { Reviewed } from "./reviewed";
import { LessonShell, Steps, type Step } from "./shell";
import { headOf, minutesLeft, streakOf, whyOf } from "./telling";

const STEP_OF: Readonly<Record<Exclude<Stage, "checked">, Step>> = { asking: "open", checking: "kept", kept: "kept", void: "kept" };

function stepOf(lesson: PracticeLesson, item: PracticeItem): Step {
  const verdict = lesson.verdicts.value[item.id];
  if (verdict) return verdict.correct === false ? "again" : "right";
  const stage = lesson.stageOf(item.id);
  if (stage === "asking" && lesson.item.value?.id === item.id) return "here";
  return stage === "checked" ? "right" : STEP_OF[stage];
}

/** How long each item took so far, for what is said of the rest. */
function usePace(lesson: PracticeLesson): readonly number[] {
  const [took, setTook] = useState<readonly number[]>([]);
  const since = useRef(performance.now());
  const at = lesson.at.value;
  useEffect(() => {
    const now = performance.now();
    if (at > 0) setTook((old) => [...old, now - since.current]);
    since.current = now;
  }, [at]);
  return took;
}

/** What the foot says of the choice is not said beside it again. */
function quiet({ key, feedback }: Verdict): Verdict["key"] {
  return feedback === "" ? key : { ...key, option_feedback: {} };
}

function Item({ lesson, item }: { readonly lesson: PracticeLesson; readonly item: PracticeItem }) {
  const head = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  const at = lesson.at.value;
  useLayoutEffect(() => {
    // The button that led here has gone with its page; whoever is somewhere else on this one stays there.
    const nowhere = document.activeElement === document.body || document.activeElement?.id === "main";
    if (!first.current || nowhere) head.current?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [at]);
  const verdict = lesson.verdicts.value[item.id];
  const stage = lesson.stage.value;
  return (
    <>
      <h1 class="sr" ref={head} tabIndex={-1}>
        {t("practice.itemOf", { number: at + 1, count: lesson.items.length })}
      </h1>
      <p class="why" data-testid="practice-why" data-why={item.reason.why}>
        <Icon name="bulb" class="c-accent" />
        <span>
          <b>{t("practice.why")}</b> {whyOf(item.reason)}
        </span>
      </p>
      <div data-testid="practice-item" data-item={item.id} data-kind={item.kind} data-stage={stage}>
        <Question
          key={item.id}
          kind={item.kind}
          content={item.content}
          pictures={lesson.pictures.value}
          value={lesson.values.value[item.id] ?? null}
          onValue={stage === "asking" ? (value) => lesson.choose(value) : undefined}
          review={verdict && { key: quiet(verdict), correct: verdict.correct }}
          name={`p-${item.id}`}
        />
      </div>
    </>
  );
}

function Said({ lesson, item }: { readonly lesson: PracticeLesson; readonly item: PracticeItem }) {
  const stage = lesson.stage.value;
  const verdict = lesson.verdicts.value[item.id];
  if (stage === "kept") return <Kept link={lesson.link.value} />;
  if (stage === "void")
    return (
      <>
        <h2>{t("practice.void")}</h2>
        <p class="mut">{t("practice.voidText")}</p>
      </>
    );
  if (!verdict) return stage === "checking" ? <span class="sr">{t("practice.checking")}</span> : null;
  const streak = streakOf(verdict);
  return (
    <>
      <h2 class={verdict.correct === true ? "c-ok" : "c-warn"} data-testid="practice-verdict" data-correct={String(verdict.correct)}>
        <Icon name={verdict.correct === true ? "ok" : "pen"} />
        {headOf(verdict)}
        {streak && <span class="badge ok">{streak}</span>}
      </h2>
      {verdict.feedback && <Prose text={verdict.feedback} pictures={lesson.pictures.value} />}
      {verdict.correct === false && <p class="mut sm">{t("practice.again")}</p>}
    </>
  );
}

const KEPT = { away: "practice.keptText", live: "practice.keptSlow", signed_out: "practice.keptSignedOut" } as const;

function Kept({ link }: { readonly link: keyof typeof KEPT }) {
  return (
    <>
      <h2>
        <Icon name={link === "live" ? "weak" : "wifi-off"} class="c-warn" />
        {t("practice.kept")}
      </h2>
      <p class="mut">{t(KEPT[link])}</p>
    </>
  );
}

function Foot({ lesson, item, onOn }: { readonly lesson: PracticeLesson; readonly item: PracticeItem; readonly onOn: () => void }) {
  const stage = lesson.stage.value;
  const next = useRef<HTMLSpanElement>(null);
  const isDone = stage !== "asking" && stage !== "checking";
  useEffect(() => {
    // What had the focus can be changed no more.
    if (isDone) next.current?.querySelector("button")?.focus({ preventScroll: true });
  }, [isDone, item.id]);
  const answered = isAnswered(item.kind, lesson.values.value[item.id]);
  return (
    <>
      <div class="said-box sp" role="status" aria-live="polite">
        <Said lesson={lesson} item={item} />
      </div>
      {stage === "asking" && (
        <Button look="ghost" size="lg" onClick={() => lesson.skip()} data-testid="practice-skip">
          {t("practice.skip")}
        </Button>
      )}
      <span ref={next}>
        {isDone ? (
          <Button look="primary" size="lg" onClick={onOn} data-testid="practice-next" aria-keyshortcuts="Enter">
            <span>{t("practice.next")}</span>
            <Icon name="arrow" class="mir" />
            <kbd class="kbd dk">↵</kbd>
          </Button>
        ) : (
          <Button look="primary" size="lg" disabled={!answered} busy={stage === "checking"} onClick={onOn} data-testid="practice-check" aria-keyshortcuts="Enter">
            <span>{t("practice.check")}</span>
            <kbd class="kbd dk">↵</kbd>
          </Button>
        )}
      </span>
    </>
  );
}

/** Answers that waited: how they went, and the way to look at them. */
function Returned({ lesson }: { readonly lesson: PracticeLesson }) {
  const [looking, setLooking] = useState(false);
  const items = lesson.returned.value;
  const away = lesson.link.value === "away" && lesson.waiting.value > 0;
  const right = items.filter((item) => lesson.verdicts.value[item]?.correct === true).length;
  return (
    <div role="status" aria-live="polite">
      {away && (
        <p class="banner warn" data-testid="practice-offline">
          <Icon name="wifi-off" />
          <span class="sp">{t("practice.offline", { count: lesson.waiting.value })}</span>
        </p>
      )}
      {!away && items.length > 0 && (
        <p class="banner ok" data-testid="practice-returned" data-count={items.length}>
          <Icon name="check" />
          <span class="sp">{t("practice.returned", { count: items.length, right })}</span>
          <Button size="s" onClick={() => setLooking(true)}>
            {t("practice.look")}
          </Button>
          <IconButton icon="x" small label={t("common.close")} onClick={() => (lesson.returned.value = [])} />
        </p>
      )}
      {looking && (
        <Dialog title={t("practice.lookTitle")} wide onClose={() => setLooking(false)}>
          <Reviewed lesson={lesson} items={lesson.items.filter(({ id }) => items.includes(id))} />
        </Dialog>
      )}
    </div>
  );
}

function More({ lesson, onReport }: { readonly lesson: PracticeLesson; readonly onReport: () => void }) {
  return (
    <Menu label={t("practice.more")} buttonClass="ib" face={<Icon name="more" />}>
      {(close) => (
        <>
          <button type="button" class="item" onClick={() => (close(), onReport())} data-testid="practice-report">
            <Icon name="flag" />
            {t("practice.report")}
          </button>
          <button type="button" class="item" onClick={() => (close(), void lesson.finish())} data-testid="practice-end">
            <Icon name="check" />
            {t("practice.endHere")}
          </button>
          <hr class="dk" />
          <label class="item check dk">
            <input type="checkbox" checked={hasSingleKeys()} onChange={({ currentTarget }) => singleKeys(currentTarget.checked)} />
            {t("practice.keys")}
          </label>
        </>
      )}
    </Menu>
  );
}

function MinutesLeft({ minutes }: { readonly minutes: number }) {
  return (
    <>
      <span class="dk">{t("practice.minutesLeft", { minutes })}</span>
      <span class="ph">{t("practice.minutes", { minutes })}</span>
    </>
  );
}

export function Sitting({ lesson, item }: { readonly lesson: PracticeLesson; readonly item: PracticeItem }) {
  const [reporting, setReporting] = useState(false);
  const pace = usePace(lesson);
  const on = useCallback(() => {
    if (lesson.stage.value === "asking") void lesson.check();
    else if (lesson.stage.value !== "checking") lesson.next();
  }, [lesson]);
  useKeys(on, !reporting);
  return (
    <LessonShell
      courseId={lesson.course}
      steps={<Steps steps={lesson.items.map((one) => stepOf(lesson, one))} at={lesson.at.value} />}
      fact={<MinutesLeft minutes={minutesLeft(lesson.items.length - lesson.at.value, pace)} />}
      menu={<More lesson={lesson} onReport={() => setReporting(true)} />}
      banner={<Returned lesson={lesson} />}
      foot={<Foot lesson={lesson} item={item} onOn={on} />}
    >
      <Item lesson={lesson} item={item} />
      {reporting && <ReportDialog lesson={lesson.id} item={item.id} onClose={() => setReporting(false)} />}
    </LessonShell>
  );
}
