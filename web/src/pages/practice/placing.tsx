/** Before the first lesson: a short test that finds where somebody stands. It tells no answers, and counts for nothing. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { keep, kept } from "../../core/drafts";
import { Refused } from "../../core/errors";
import { placement } from "../../core/practice";
import { me } from "../../core/session";
import { t } from "../../i18n";
import type { PlacementStep, PracticeItem } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Trouble, Waiting } from "../../ui/states";
import { isAnswered, Question, type Value } from "../../ui/question";
import { referenceOf, say } from "../words";
import { useKeys } from "./keys";
import { LessonShell, Steps, type Step } from "./shell";

const settledName = (course: string) => `practice.placed.${me.value?.user.id ?? ""}.${course}`;

function isCode(error: unknown, code: string): boolean {
  return error instanceof Refused && error.code === code;
}

/** Placed already, or would rather not be. */
export function isSettled(course: string): boolean {
  return kept<boolean>(settledName(course)) === true;
}

export function settle(course: string): void {
  keep(settledName(course), true);
}

interface OfferProps {
  readonly courseId: string;
  readonly onPlace: () => void;
  readonly onSkip: () => void;
}

export function Offer({ courseId, onPlace, onSkip }: OfferProps) {
  return (
    <main class="wrap narrow" id="main" tabIndex={-1} data-testid="placement-offer">
      <a class="crumb" href={`/courses/${courseId}`}>
        <Icon name="left" class="s mir" />
        {t("practice.toCourse")}
      </a>
      <section class="card stack offer">
        <h1>{t("practice.offer")}</h1>
        <p>{t("practice.offerText")}</p>
        <div class="row w">
          <Button look="primary" size="lg" onClick={onPlace} data-testid="placement-begin">
            {t("practice.offerYes")}
          </Button>
          <Button look="ghost" size="lg" onClick={onSkip} data-testid="placement-skip">
            {t("practice.offerNo")}
          </Button>
        </div>
      </section>
    </main>
  );
}

/** A level of the course's bank, from the first on. */
function levelSaid(level: number | null): string {
  if (level === null) return t("practice.placed.some");
  return level <= 1 ? t("practice.placed.first") : t("practice.placed.level", { level });
}

function Placed({ courseId, level, onDone }: { readonly courseId: string; readonly level: number | null; readonly onDone: () => void }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  return (
    <main class="wrap narrow" id="main" tabIndex={-1} data-testid="placement-done">
      <section class="card stack offer">
        <h1 ref={head} tabIndex={-1}>
          {t("practice.placedTitle")}
        </h1>
        <p>{levelSaid(level)}</p>
        <p class="mut">{t("practice.placedText")}</p>
        <div class="row w">
          <Button look="primary" size="lg" onClick={onDone} data-testid="placement-go">
            {t("practice.begin")}
          </Button>
          <ButtonLink size="lg" href={`/courses/${courseId}`}>
            {t("practice.toCourse")}
          </ButtonLink>
        </div>
      </section>
    </main>
  );
}

interface AskingProps {
  readonly courseId: string;
  readonly step: PlacementStep;
  readonly item: PracticeItem;
  /** The one before was not known: that is as good as an answer, and said so. */
  readonly afterUnknown: boolean;
  readonly onStep: (step: PlacementStep, unknown: boolean) => void;
  readonly onLeave: () => void;
}

function Asking({ courseId, step, item, afterUnknown, onStep, onLeave }: AskingProps) {
  const [value, setValue] = useState<Value | null>(null);
  const [busy, setBusy] = useState<"given" | "unknown" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    head.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, []);
  const answered = value !== null && isAnswered(item.kind, value);
  const tell = useCallback(
    async (told: Value | null) => {
      if (busy) return;
      setBusy(told === null ? "unknown" : "given");
      setError(null);
      try {
        onStep(await placement.answer(step.placement_id, item.id, { value: told }), told === null);
      } catch (thrown) {
        if (isCode(thrown, "placement_over")) return onStep({ ...step, item: null, done: true }, false);
        // What was chosen stays: it is given again by the same button.
        setError(thrown);
        setBusy(null);
      }
    },
    [busy, step, item, onStep],
  );
  useKeys(() => {
    if (answered) void tell(value);
  }, true);
  const steps = Array.from({ length: step.asked_at_most }, (_, at): Step => (at < step.asked - 1 ? "right" : at === step.asked - 1 ? "here" : "open"));
  return (
    <LessonShell
      courseId={courseId}
      steps={<Steps steps={steps} at={step.asked - 1} />}
      fact={t("practice.atMost", { count: step.asked_at_most })}
      foot={
        <>
          <div class="said-box sp" role="status" aria-live="polite">
            {error !== null && <p class="c-warn">{say(error)}</p>}
          </div>
          <Button look="ghost" size="lg" busy={busy === "unknown"} onClick={() => void tell(null)} data-testid="placement-unknown">
            {t("practice.placementUnknown")}
          </Button>
          <Button look="primary" size="lg" disabled={!answered} busy={busy === "given"} onClick={() => void tell(value)} data-testid="placement-next" aria-keyshortcuts="Enter">
            <span>{t("practice.next")}</span>
            <Icon name="arrow" class="mir" />
          </Button>
        </>
      }
    >
      <h1 class="sr" ref={head} tabIndex={-1}>
        {t("practice.placementItem", { number: step.asked })}
        {afterUnknown && ` ${t("practice.placementAfterUnknown")}`}
      </h1>
      <p class="why">
        <Icon name="bulb" class="c-accent" />
        <span>{t(afterUnknown ? "practice.placementAfterUnknown" : "practice.placementWhy")}</span>
      </p>
      <div data-testid="placement-item" data-item={item.id} data-kind={item.kind}>
        <Question kind={item.kind} content={item.content} pictures={item.pictures} value={value} onValue={busy ? undefined : setValue} name={`p-${item.id}`} />
      </div>
      <p class="leave">
        <Button look="ghost" size="s" onClick={onLeave} data-testid="placement-leave">
          {t("practice.placementLeave")}
        </Button>
      </p>
    </LessonShell>
  );
}

export function Placing({ courseId, onDone }: { readonly courseId: string; readonly onDone: () => void }) {
  const [step, setStep] = useState<PlacementStep | null>(null);
  const [unknown, setUnknown] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    placement.start(courseId).then(
      (first) => wanted && setStep(first),
      (thrown: unknown) => {
        if (!wanted) return;
        // The lesson says so, too, and in its own words.
        if (isCode(thrown, "nothing_to_practise")) onDone();
        else setError(thrown);
      },
    );
    return () => {
      wanted = false;
    };
  }, [courseId, turn]);
  useEffect(() => {
    if (step?.done) settle(courseId);
  }, [step, courseId]);
  const leave = () => {
    settle(courseId);
    onDone();
  };
  const again = () => {
    setError(null);
    setTurn(turn + 1);
  };
  const onStep = (next: PlacementStep, wasUnknown: boolean) => {
    setUnknown(wasUnknown);
    setStep(next);
  };
  if (step?.item && !step.done) return <Asking key={step.item.id} courseId={courseId} step={step} item={step.item} afterUnknown={unknown} onStep={onStep} onLeave={leave} />;
  if (step) return <Placed courseId={courseId} level={step.level} onDone={onDone} />;
  return (
    <main class="wrap narrow" id="main" tabIndex={-1}>
      {error === null ? <Waiting lines={6} /> : <Trouble says={say(error)} reference={referenceOf(error)} onRetry={again} />}
    </main>
  );
}
