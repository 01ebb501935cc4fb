/** A quiz as a learner sees it: answer, change it until the answer is shown, then see how it went. */
import { useEffect, useRef, useState } from "preact/hooks";
import { quizzes } from "../../../core/quizzes";
import { t } from "../../../i18n";
import type { Quiz } from "../../../protocol/api";
import type { QuizNow } from "../../../protocol/messages";
import { Button } from "../../../ui/button";
import { Question, Verdict, isAnswered, type Value } from "../../../ui/question";
import { toast } from "../../../ui/toast";
import { Ready, useLoading } from "../../loading";
import { say } from "../../words";
import { Bars } from "./bars";

/** So often the answer that is shown is asked for again where it did not come. */
const AGAIN_MS = 10_000;

export function Learner({ now }: { readonly now: QuizNow }) {
  // Asked again when the answer is shown: then it has the key, and what this learner's own answer earned.
  const { revealed } = now;
  const loading = useLoading(async (signal) => ({ quiz: await quizzes.get(now.quiz, signal), after: revealed }), [now.quiz, revealed]);
  const { again } = loading;
  const behind = revealed && loading.now.is === "ready" && !loading.now.value.quiz.revealed;
  // An exam of this learner's asks the same question: the server keeps its key back until the results are out.
  const kept = behind && loading.now.value.after;
  useEffect(() => {
    if (!behind) return undefined;
    const timer = setInterval(again, AGAIN_MS * (1 + Math.random()));
    return () => clearInterval(timer);
  }, [behind, again]);
  const body = useRef<HTMLDivElement>(null);
  const shown = loading.now.is === "ready" && loading.now.value.quiz.revealed;
  useEffect(() => {
    // How it went stands at the top; whoever answered is at the end of it.
    if (shown) body.current?.scrollTo(0, 0);
  }, [shown]);
  return (
    <div class="body quiz" tabIndex={0} ref={body} data-testid="quiz">
      {/* It is here before it has anything to say: only then it is heard. */}
      <div class="sr" role="status">
        {shown && t(WENT[wentOf(loading.now.value.quiz)])}
      </div>
      <Ready of={loading} lines={6}>
        {({ quiz }) => (quiz.revealed ? <Shown of={quiz} /> : <Asked of={quiz} kept={kept} />)}
      </Ready>
    </div>
  );
}

const WENT = { missed: "class.quizMissed", right: "question.right", in_part: "question.inPart", wrong: "question.notRight" } as const;

function wentOf({ mine }: Quiz): keyof typeof WENT {
  if (mine === null) return "missed";
  if (mine.earned_milli === mine.possible_milli) return "right";
  return (mine.earned_milli ?? 0) > 0 ? "in_part" : "wrong";
}

interface Sent {
  readonly seq: number;
  readonly value: Value | null;
}

function same(one: Value | null, other: Value | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function Asked({ of, kept }: { readonly of: Quiz; readonly kept: boolean }) {
  const [sent, setSent] = useState<Sent>({ seq: of.mine?.seq ?? 0, value: of.mine?.value ?? null });
  const [value, setValue] = useState<Value | null>(sent.value);
  const [busy, setBusy] = useState(false);
  const before = sent.seq > 0;
  // One that was sent may have arrived though its answer did not: another value needs another number.
  const tried = useRef(sent);
  const send = async () => {
    if (value === null) return;
    const next = { seq: tried.current.seq + (same(tried.current.value, value) ? 0 : 1), value };
    tried.current = next;
    setBusy(true);
    try {
      await quizzes.answer(of.id, next);
      setSent(next);
    } catch (error) {
      toast(say(error));
    } finally {
      setBusy(false);
    }
  };
  const changed = !same(value, sent.value);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Question kind={of.kind} content={of.content} pictures={of.pictures} value={value} onValue={kept ? undefined : setValue} name={`quiz-${of.id}`} />
      {!kept && (
        <div class="row">
          <Button type="submit" look="primary" busy={busy} disabled={!isAnswered(of.kind, value) || !changed}>
            {t(before ? "class.quizChange" : "class.quizSend")}
          </Button>
        </div>
      )}
      <p class="sm mut" role="status">
        {kept ? t("class.quizKept") : before && t("class.quizSent")}
      </p>
    </form>
  );
}

function Shown({ of }: { readonly of: Quiz }) {
  const went = wentOf(of);
  const correct = went === "missed" ? null : went === "right";
  return (
    <div class="stack">
      <div>{correct === null ? <p class="mut">{t("class.quizMissed")}</p> : <Verdict correct={correct} inPart={went === "in_part"} />}</div>
      <Question
        kind={of.kind}
        content={of.content}
        pictures={of.pictures}
        value={of.mine?.value ?? null}
        review={{ key: of.key, correct }}
        name={`quiz-${of.id}`}
      />
      <section class="stack">
        <h3 class="sm">{t("class.quizRoom", { answered: of.answered ?? 0, right: of.right ?? 0 })}</h3>
        <Bars of={of} />
      </section>
    </div>
  );
}
