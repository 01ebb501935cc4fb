/** A question of any kind: what is asked, and the control that answers it. */
import type { ComponentType } from "preact";
import { t } from "../i18n";
import type { Content, QuestionKind } from "../protocol/api";
import { Icon } from "./icon";
import { Prose } from "./prose";
import { ChoiceAnswer, TruthAnswer } from "./questions/choice";
import { ClozeAnswer } from "./questions/cloze";
import { FilesAnswer } from "./questions/files";
import { MatchingAnswer } from "./questions/matching";
import { NumericAnswer } from "./questions/numeric";
import { OrderingAnswer } from "./questions/ordering";
import { EssayAnswer, ShortAnswer } from "./questions/text";
import type { FileWays, KindProps, Review, Value } from "./questions/value";
import "./question.css";

export { isAnswered, type FileWays, type Review, type Value } from "./questions/value";

const ANSWERS: Readonly<Record<QuestionKind, ComponentType<KindProps>>> = {
  single_choice: (props) => <ChoiceAnswer {...props} several={false} />,
  multiple_choice: (props) => <ChoiceAnswer {...props} several />,
  true_false: TruthAnswer,
  short_text: ShortAnswer,
  numeric: NumericAnswer,
  matching: MatchingAnswer,
  ordering: OrderingAnswer,
  cloze: ClozeAnswer,
  essay: EssayAnswer,
  file_upload: FilesAnswer,
};

interface Props {
  readonly kind: QuestionKind;
  readonly content: Content;
  readonly pictures: Readonly<Record<string, string>>;
  readonly value: Value | null;
  /** Without it the answer can be read, not changed. */
  readonly onValue?: ((value: Value) => void) | undefined;
  readonly files?: FileWays | undefined;
  /** After the release: what was right, and whether this is. */
  readonly review?: Review | undefined;
  /** Begins the ids of its controls. */
  readonly name: string;
}

/** What stands in the prompt of a cloze is its control; every other kind has its control below. */
export function Question({ kind, content, pictures, value, onValue, files, review, name }: Props) {
  const Answer = ANSWERS[kind];
  return (
    <div class="question" data-kind={kind}>
      {kind !== "cloze" && (
        <div class="stem" id={`${name}-stem`}>
          <Prose text={content.prompt} pictures={pictures} />
        </div>
      )}
      <Answer content={content} pictures={pictures} value={value} onValue={onValue} files={files} review={review} name={name} />
      {review?.key?.explanation && (
        <section class="explanation">
          <b>{t("question.explanation")}</b>
          <Prose text={review.key.explanation} pictures={pictures} />
        </section>
      )}
    </div>
  );
}

/** Whether an answer was right, in a word and a sign; some of its points say that it was right in part. */
export function Verdict({ correct, inPart = false }: { readonly correct: boolean; readonly inPart?: boolean }) {
  return (
    <span class={correct ? "badge ok" : "badge warn"}>
      <Icon name={correct ? "check" : inPart ? "pen" : "x"} class="s" />
      {t(correct ? "question.right" : inPart ? "question.inPart" : "question.notRight")}
    </span>
  );
}
