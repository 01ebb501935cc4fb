/** One or several of some options, or true and false: the browser's own radios and boxes in large frames. */
import { t } from "../../i18n";
import { Icon } from "../icon";
import { Prose } from "../prose";
import { letterAt, listOf, plainWords, textOf, type KindProps, type Review } from "./value";

/** A name is made of words: where a choice is a formula, its source is read. */
const FORMULA = /\$|\\\(|!\[/;

interface OneProps {
  readonly type: "radio" | "checkbox";
  readonly group: string;
  readonly id: string;
  readonly place: number;
  readonly text: string;
  readonly pictures: KindProps["pictures"];
  readonly chosen: boolean;
  readonly onChoose: ((chosen: boolean) => void) | undefined;
  /** Null while nothing is said about it. */
  readonly right: boolean | null;
  readonly feedback: string | undefined;
}

function One({ type, group, id, place, text, pictures, chosen, onChoose, right, feedback }: OneProps) {
  const shown = right === null ? "" : right ? "good" : chosen ? "bad" : "";
  return (
    <label class={`opt q ${shown}`.trim()}>
      <input
        type={type}
        name={group}
        id={`${group}-${id}`}
        checked={chosen}
        disabled={!onChoose}
        data-digit={place + 1}
        aria-label={FORMULA.test(text) ? `${letterAt(place)} ${plainWords(text)}` : undefined}
        onChange={({ currentTarget }) => onChoose?.(currentTarget.checked)}
      />
      <span class="k" aria-hidden="true">
        {letterAt(place)}
      </span>
      <span class="sp">
        <Prose inline text={text} pictures={pictures} />
        {feedback && (
          <span class="feedback">
            <Prose inline text={feedback} pictures={pictures} />
          </span>
        )}
      </span>
      {right === true && (
        <span class="said c-ok">
          <Icon name="check" class="s" />
          {t(chosen ? "question.right" : "question.rightOne")}
        </span>
      )}
      {right === false && chosen && (
        <span class="said c-warn">
          <Icon name="x" class="s" />
          {t("question.notRight")}
        </span>
      )}
    </label>
  );
}

function verdictOn(review: Review | undefined, id: string): boolean | null {
  return review?.key ? review.key.correct.includes(id) : null;
}

export function ChoiceAnswer({ content, pictures, value, onValue, review, name, several }: KindProps & { readonly several: boolean }) {
  const chosen = several ? listOf(value) : [textOf(value)];
  const choose = (id: string, on: boolean) => {
    if (!several) onValue?.(id);
    // By the ids, so that the same choice is the same value in every learner's order.
    else onValue?.(content.options.map((option) => option.id).filter((one) => (one === id ? on : chosen.includes(one))).toSorted());
  };
  return (
    <fieldset class="options" aria-describedby={`${name}-stem`}>
      <legend class="sm mut">{t(several ? "question.chooseSeveral" : "question.chooseOne")}</legend>
      {content.options.map((option, place) => (
        <One
          key={option.id}
          type={several ? "checkbox" : "radio"}
          group={name}
          id={option.id}
          place={place}
          text={option.text}
          pictures={pictures}
          chosen={chosen.includes(option.id)}
          onChoose={onValue && ((on) => choose(option.id, on))}
          right={verdictOn(review, option.id)}
          feedback={review?.key?.option_feedback[option.id]}
        />
      ))}
    </fieldset>
  );
}

export function TruthAnswer({ pictures, value, onValue, review, name }: KindProps) {
  const truth = review?.key?.truth ?? null;
  return (
    <fieldset class="options" aria-describedby={`${name}-stem`}>
      <legend class="sm mut">{t("question.chooseOne")}</legend>
      {[true, false].map((one, place) => (
        <One
          key={String(one)}
          type="radio"
          group={name}
          id={String(one)}
          place={place}
          text={t(one ? "question.true" : "question.false")}
          pictures={pictures}
          chosen={value === one}
          onChoose={onValue && (() => onValue(one))}
          right={truth === null ? null : truth === one}
          feedback={review?.key?.option_feedback[String(one)]}
        />
      ))}
    </fieldset>
  );
}
