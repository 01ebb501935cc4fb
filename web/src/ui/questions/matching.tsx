/** Pairs: each thing on the left gets one of the lettered things on the right. */
import { t } from "../../i18n";
import type { Option } from "../../protocol/api";
import { Prose } from "../prose";
import { letterAt, lettered, mapOf, type KindProps } from "./value";

interface PairProps {
  readonly left: Option;
  readonly options: readonly Option[];
  readonly chosen: string;
  readonly onChosen: ((id: string) => void) | undefined;
  readonly right: string | undefined;
  readonly id: string;
  readonly pictures: KindProps["pictures"];
}

function Pair({ left, options, chosen, onChosen, right, id, pictures }: PairProps) {
  const letterOf = (wanted: string) => letterAt(options.findIndex((one) => one.id === wanted));
  return (
    <li class="pair">
      <span id={`${id}-left`}>
        <Prose inline text={left.text} pictures={pictures} />
      </span>
      <select id={id} class="sel" aria-labelledby={`${id}-left`} disabled={!onChosen} onChange={({ currentTarget }) => onChosen?.(currentTarget.value)}>
        <option value="" selected={chosen === ""}>
          {t("question.choosePair")}
        </option>
        {options.map((option, place) => (
          <option key={option.id} value={option.id} selected={option.id === chosen}>
            {lettered(option.text, place)}
          </option>
        ))}
      </select>
      {right !== undefined && (
        <span class={right === chosen ? "badge ok" : "badge warn"}>
          {right === chosen ? t("question.right") : t("question.rightIs", { answer: letterOf(right) })}
        </span>
      )}
    </li>
  );
}

export function MatchingAnswer({ content, pictures, value, onValue, review, name }: KindProps) {
  const pairs = mapOf(value);
  const pair = (left: string, right: string) => {
    const { [left]: _, ...others } = pairs;
    onValue?.(right === "" ? others : { ...others, [left]: right });
  };
  return (
    <div class="matching">
      <ol class="lettered" aria-label={t("question.pairsFrom")}>
        {content.options.map((option, place) => (
          <li key={option.id}>
            <span class="k" aria-hidden="true">
              {letterAt(place)}
            </span>
            <span class="sp">
              <Prose inline text={option.text} pictures={pictures} />
            </span>
          </li>
        ))}
      </ol>
      <ul class="pairs" aria-label={t("question.pairs")}>
        {content.left.map((left) => (
          <Pair
            key={left.id}
            left={left}
            options={content.options}
            chosen={pairs[left.id] ?? ""}
            onChosen={onValue && ((right) => pair(left.id, right))}
            right={review?.key?.pairs[left.id]}
            id={`${name}-${left.id}`}
            pictures={pictures}
          />
        ))}
      </ul>
    </div>
  );
}
