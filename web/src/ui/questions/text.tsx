/** Answers in words: a line, or an essay. */
import { t } from "../../i18n";
import { RightAnswer } from "./right";
import { textOf, type KindProps } from "./value";

const LINE_MAX = 500;

export function ShortAnswer({ content, value, onValue, review, name }: KindProps) {
  return (
    <div class="col">
      <div class="field">
        <label for={`${name}-line`}>{t("question.yourAnswer")}</label>
        <input
          id={`${name}-line`}
          class="in"
          type="text"
          dir="auto"
          autocomplete="off"
          spellcheck={false}
          maxLength={Math.min(LINE_MAX, content.max_chars)}
          value={textOf(value)}
          readOnly={!onValue}
          onInput={({ currentTarget }) => onValue?.(currentTarget.value)}
        />
      </div>
      <RightAnswer says={review?.key?.accepted.join(" · ")} />
    </div>
  );
}

function words(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

export function EssayAnswer({ content, value, onValue, name }: KindProps) {
  const text = textOf(value);
  if (!onValue)
    return (
      <div class="essay-read" dir="auto">
        {text || <span class="dim">{t("question.noAnswer")}</span>}
      </div>
    );
  return (
    <div class="field">
      <label for={`${name}-essay`}>{t("question.yourText")}</label>
      <textarea
        id={`${name}-essay`}
        class="in essay"
        dir="auto"
        rows={12}
        maxLength={content.max_chars}
        value={text}
        aria-describedby={`${name}-count`}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
      <p class="hint num" id={`${name}-count`}>
        {t("question.count", { words: words(text), left: content.max_chars - text.length })}
      </p>
    </div>
  );
}
