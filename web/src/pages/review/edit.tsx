/** A staged item in the editor of the bank: saving it is a decision, the item as it should be. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import type { BankWords, Question } from "../../protocol/api";
import { bodyOf, draftOf } from "../bank/draft";
import { Editor } from "../bank/editor";
import { useDeciding, type DeskProps } from "./desk";
import { Live } from "./diff";
import "../bank/bank.css";

/** A reviewer sees items and no bank: there are no words to offer. */
const NO_WORDS: BankWords = { skills: {}, tags: {}, levels: {}, languages: {} };

export function Edit(props: DeskProps) {
  const { review } = props;
  const { line } = review;
  const decide = useDeciding(props);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const question: Question = {
    id: line.id,
    course_id: line.course_id,
    version: review.version,
    kind: line.kind,
    title: line.title,
    content: review.content,
    key: review.key,
    skills: review.skills,
    tags: [],
    level: line.level,
    language: line.language,
    difficulty: review.difficulty,
    state: "published",
    updated_at: line.created_at,
    pictures: review.pictures,
  };
  const start = draftOf(question);
  return (
    <div class="review-edit">
      <Editor
        name={`review.${line.id}.${review.version}`}
        start={start}
        words={NO_WORDS}
        pictures={review.pictures}
        back={`/reviews?item=${line.id}`}
        staged
        saves={t("factory.saveAndAccept")}
        beside={(draft) => <Live kind={line.kind} before={bodyOf(start)} after={draft} language={line.language} />}
        head={
          <h2 ref={head} tabIndex={-1}>
            {t("factory.editTitle")}
          </h2>
        }
        onSave={({ title, content, key, difficulty, skills, level }) =>
          decide({ decision: "edit", edit: { title, content, key, difficulty, skills, level } })
        }
      />
    </div>
  );
}
