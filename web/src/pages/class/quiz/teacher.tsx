/** A quiz as whoever runs the class sees it: choose an item of the bank, pose it, watch the answers come in, show the answer. */
import { useEffect, useRef, useState } from "preact/hooks";
import { newKey } from "../../../core/api";
import { quizzes } from "../../../core/quizzes";
import { t } from "../../../i18n";
import type { Quiz } from "../../../protocol/api";
import type { QuizNow } from "../../../protocol/messages";
import { Button } from "../../../ui/button";
import { TextField } from "../../../ui/form";
import { Prose } from "../../../ui/prose";
import { Question } from "../../../ui/question";
import { Empty } from "../../../ui/states";
import { toast } from "../../../ui/toast";
import { Ready, useLoading, useRepeating } from "../../loading";
import { say } from "../../words";
import { Bars, hasBars } from "./bars";

const WATCH_MS = 1000;
const TYPING_MS = 250;

interface Props {
  readonly classId: string;
  readonly courseId: string;
  readonly now: QuizNow | null;
  readonly students: number;
}

export function Teacher({ classId, courseId, now, students }: Props) {
  // The quiz from which the teacher went on to choose another.
  const [left, leave] = useState<string | null>(null);
  const shown = now !== null && now.quiz !== left ? now : null;
  return (
    <div class="body quiz" tabIndex={0} data-testid="quiz">
      {shown ? (
        <Running key={shown.quiz} now={shown} students={students} onNext={() => leave(shown.quiz)} />
      ) : (
        <Picker classId={classId} courseId={courseId} onBack={left !== null && now !== null ? () => leave(null) : undefined} />
      )}
    </div>
  );
}

function Running({ now, students, onNext }: { readonly now: QuizNow; readonly students: number; readonly onNext: () => void }) {
  const loading = useLoading((signal) => quizzes.get(now.quiz, signal), [now.quiz, now.revealed]);
  const [busy, setBusy] = useState(false);
  const open = loading.now.is !== "ready" || !loading.now.value.revealed;
  useRepeating(() => open && loading.again(), WATCH_MS);
  const reveal = async () => {
    setBusy(true);
    try {
      const shown = await quizzes.reveal(now.quiz);
      loading.put(() => shown);
    } catch (error) {
      toast(say(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Ready of={loading} lines={6}>
      {(quiz) => (
        <div class="stack">
          <Posed of={quiz} />
          <Counts of={quiz} students={students} />
          <Bars of={quiz} />
          <div class="row">
            {quiz.revealed ? (
              <Button look="primary" onClick={onNext}>
                {t("class.quizNext")}
              </Button>
            ) : (
              <Button look="primary" busy={busy} onClick={() => void reveal()}>
                {t("class.quizReveal")}
              </Button>
            )}
          </div>
          {!quiz.revealed && <p class="sm mut">{t("class.quizHidden")}</p>}
        </div>
      )}
    </Ready>
  );
}

/** What has no bars is shown as it is asked, and with its key once that is shown. */
function Posed({ of }: { readonly of: Quiz }) {
  const { kind, content, pictures, key, revealed } = of;
  if (hasBars(of)) return <Prose text={content.prompt} pictures={pictures} />;
  return <Question kind={kind} content={content} pictures={pictures} value={null} review={revealed ? { key, correct: null } : undefined} name={`posed-${of.id}`} />;
}

function Counts({ of, students }: { readonly of: Quiz; readonly students: number }) {
  const answered = of.answered ?? 0;
  return (
    <p role="status">
      <b class="num">{t("class.quizAnswered", { answered, of: Math.max(students, answered) })}</b>
      {of.revealed && <span class="mut"> · {t("class.quizRight", { count: of.right ?? 0 })}</span>}
    </p>
  );
}

function Picker({ classId, courseId, onBack }: { readonly classId: string; readonly courseId: string; readonly onBack: (() => void) | undefined }) {
  const [typed, setTyped] = useState("");
  const words = useSettled(typed);
  const loading = useLoading((signal) => quizzes.choices(courseId, words, signal), [courseId, words]);
  const [busy, setBusy] = useState<string | null>(null);
  // A press that was repeated because the link broke poses one quiz.
  const keys = useRef(new Map<string, string>());
  const pose = async (question: string) => {
    const key = keys.current.get(question) ?? newKey();
    keys.current.set(question, key);
    setBusy(question);
    try {
      await quizzes.pose(classId, question, key);
      keys.current.delete(question);
    } catch (error) {
      toast(say(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <div class="stack">
      {onBack && (
        <Button size="s" icon="left" onClick={onBack}>
          {t("class.quizBack")}
        </Button>
      )}
      <TextField label={t("class.quizSearch")} type="search" value={typed} onValue={setTyped} maxLength={100} />
      <Ready of={loading} lines={5}>
        {(found) =>
          found.length === 0 ? (
            <Empty icon="search" title={t("class.quizNone")}>
              <p>{t("class.quizNoneText")}</p>
            </Empty>
          ) : (
            <ul class="quiz-choices">
              {found.map((one) => (
                <li key={one.id}>
                  <span class="sp">
                    <bdi class="b">{one.title}</bdi>
                    <span class="sm mut">{one.skills.join(" · ")}</span>
                  </span>
                  <Button size="s" busy={busy === one.id} onClick={() => void pose(one.id)} aria-label={t("class.quizPoseThis", { title: one.title })}>
                    {t("class.quizPose")}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Ready>
    </div>
  );
}

/** What was typed once nothing more came for a moment. */
function useSettled(text: string): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
