/** Practice in a course: where somebody stands, if they like, then one lesson after another. */
import { useEffect, useState } from "preact/hooks";
import { begunIn } from "../../core/begun";
import { go } from "../../core/location";
import { skills } from "../../core/practice";
import type { PracticeLesson } from "../../core/practising";
import { t } from "../../i18n";
import { ButtonLink } from "../../ui/button";
import { Empty, Trouble, Waiting } from "../../ui/states";
import { useTitle } from "../frame";
import { referenceOf, say } from "../words";
import { openLesson, type Open } from "./open";
import { isSettled, Offer, Placing, settle } from "./placing";
import { Sitting } from "./sitting";
import { Ending, Summary } from "./summary";
import "./practice.css";

type Phase = "looking" | "offer" | "placing" | "lesson";

/** A placement is offered once, before the first lesson; where nobody can say, the lesson begins. */
async function firstPhase(course: string): Promise<Phase> {
  if (new URLSearchParams(location.search).has("place")) return "placing";
  if (begunIn(course).length > 0 || isSettled(course)) return "lesson";
  const mine = await skills.mine(course).catch(() => null);
  if (mine && !mine.placed) return "offer";
  if (mine) settle(course);
  return "lesson";
}

/** The link, or the page, may be back. */
function useWaking(lesson: PracticeLesson): void {
  useEffect(() => {
    const wake = () => document.visibilityState === "visible" && lesson.wake();
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [lesson]);
}

function Opened({ lesson, onAnother }: { readonly lesson: PracticeLesson; readonly onAnother: () => void }) {
  useWaking(lesson);
  const summary = lesson.summary.value;
  if (summary) return <Summary lesson={lesson} summary={summary} onAnother={onAnother} />;
  const item = lesson.item.value;
  return item ? <Sitting lesson={lesson} item={item} /> : <Ending lesson={lesson} />;
}

function Nothing({ courseId }: { readonly courseId: string }) {
  return (
    <main class="wrap narrow" id="main" tabIndex={-1} data-testid="practice-nothing">
      <section class="card">
        <Empty icon="book" title={t("practice.nothing")}>
          <p>{t("practice.nothingText")}</p>
          <ButtonLink href={`/courses/${courseId}`}>{t("practice.toCourse")}</ButtonLink>
        </Empty>
      </section>
    </main>
  );
}

function Lesson({ courseId }: { readonly courseId: string }) {
  const [open, setOpen] = useState<Open | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    let mine: Open | null = null;
    openLesson(courseId).then(
      (found) => {
        mine = found;
        if (wanted) setOpen(found);
        else found.close();
      },
      (thrown: unknown) => wanted && setError(thrown),
    );
    return () => {
      wanted = false;
      mine?.close();
    };
  }, [courseId, turn]);
  const again = () => {
    setError(null);
    setOpen(null);
    setTurn(turn + 1);
  };
  if (open?.lesson) return <Opened key={open.lesson.id} lesson={open.lesson} onAnother={again} />;
  if (open) return <Nothing courseId={courseId} />;
  return (
    <main class="wrap narrow" id="main" tabIndex={-1}>
      {error === null ? <Waiting lines={6} /> : <Trouble says={say(error)} reference={referenceOf(error)} onRetry={again} />}
    </main>
  );
}

export function PracticePage({ courseId }: { readonly courseId: string }) {
  const [phase, setPhase] = useState<Phase>("looking");
  useTitle(t("practice.title"));
  useEffect(() => {
    let wanted = true;
    void firstPhase(courseId).then((first) => wanted && setPhase(first));
    return () => {
      wanted = false;
    };
  }, [courseId]);
  const skip = () => {
    settle(courseId);
    setPhase("lesson");
  };
  const placed = () => {
    go(`/courses/${courseId}/practice`, { replace: true });
    setPhase("lesson");
  };
  if (phase === "offer") return <Offer courseId={courseId} onPlace={() => setPhase("placing")} onSkip={skip} />;
  if (phase === "placing") return <Placing courseId={courseId} onDone={placed} />;
  if (phase === "lesson") return <Lesson courseId={courseId} />;
  return (
    <main class="wrap narrow" id="main" tabIndex={-1}>
      <Waiting lines={6} />
    </main>
  );
}
