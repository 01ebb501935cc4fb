/** How many chose what: a bar and a number beside each option. */
import { t } from "../../../i18n";
import type { Quiz } from "../../../protocol/api";
import { Icon } from "../../../ui/icon";
import { Prose } from "../../../ui/prose";
import { letterAt } from "../../../ui/questions/value";

interface Row {
  readonly id: string;
  readonly text: string;
}

/** Only choices have bars: what people wrote themselves is shown to nobody. */
function rows({ kind, content }: Quiz): readonly Row[] {
  if (kind === "true_false") return ["true", "false"].map((id) => ({ id, text: t(id === "true" ? "question.true" : "question.false") }));
  return kind === "single_choice" || kind === "multiple_choice" ? content.options : [];
}

export function hasBars(of: Quiz): boolean {
  return rows(of).length > 0;
}

function isRight({ key }: Quiz, id: string): boolean {
  return key !== null && (key.correct.includes(id) || (key.truth !== null && String(key.truth) === id));
}

export function Bars({ of }: { readonly of: Quiz }) {
  const many = new Map(of.shares.map(({ id, answers }) => [id, answers]));
  const answered = of.answered ?? 0;
  const shown = rows(of);
  if (shown.length === 0) return null;
  return (
    <ul class="quiz-bars">
      {shown.map(({ id, text }, place) => {
        const answers = many.get(id) ?? 0;
        return (
          <li key={id} class={isRight(of, id) ? "good" : undefined}>
            <span class="k" aria-hidden="true">
              {letterAt(place)}
            </span>
            <span class="sp">
              <Prose inline text={text} pictures={of.pictures} />
              {isRight(of, id) && (
                <span class="c-ok said">
                  <Icon name="check" class="s" />
                  {t("question.rightOne")}
                </span>
              )}
            </span>
            <b class="num">{t("class.quizChosen", { count: answers })}</b>
            <i style={{ inlineSize: `${answered === 0 ? 0 : (100 * answers) / answered}%` }} />
          </li>
        );
      })}
    </ul>
  );
}
