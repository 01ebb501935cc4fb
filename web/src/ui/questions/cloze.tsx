/** A text with gaps: each gap is a field or a list, where it stands in the text. */
import { t } from "../../i18n";
import type { Gap } from "../../protocol/api";
import { Prose } from "../prose";
import { mapOf, plainWords, readsAs, type KindProps } from "./value";

const LONGEST = 200;

interface GapProps {
  readonly gap: Gap;
  readonly place: number;
  readonly id: string;
  readonly given: string;
  readonly onGiven: ((text: string) => void) | undefined;
  readonly review: KindProps["review"];
  /** Nobody answered: the key stands there by itself. */
  readonly untouched: boolean;
}

function isRight({ gap, given, review }: GapProps, accepted: readonly string[]): boolean {
  if (review?.correct === true) return true;
  return gap.options.length > 0 ? accepted.includes(given) : readsAs(given, accepted, review?.key?.case_sensitive ?? true);
}

/** How this gap went, in words: never by a colour alone. */
function Said(props: GapProps) {
  const { gap, review, untouched } = props;
  const accepted = review?.key?.gaps[gap.id];
  if (!accepted) return null;
  const answer = accepted.map((one) => plainWords(gap.options.find((option) => option.id === one)?.text ?? one)).join(" · ");
  if (untouched) return <span class="badge ok">{answer}</span>;
  const right = isRight(props, accepted);
  return <span class={right ? "badge ok" : "badge warn"}>{right ? t("question.right") : t("question.rightIs", { answer })}</span>;
}

export function GapControl(props: GapProps) {
  const { gap, place, id, given, onGiven } = props;
  const label = t("question.gap", { number: place + 1 });
  return (
    <span class="gap">
      {gap.options.length > 0 ? (
        <select id={id} class="sel" aria-label={label} disabled={!onGiven} onChange={({ currentTarget }) => onGiven?.(currentTarget.value)}>
          <option value="" selected={given === ""}>
            {t("question.chooseGap")}
          </option>
          {gap.options.map((option) => (
            <option key={option.id} value={option.id} selected={option.id === given}>
              {plainWords(option.text)}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          class="in"
          type="text"
          dir="auto"
          aria-label={label}
          autocomplete="off"
          spellcheck={false}
          maxLength={LONGEST}
          value={given}
          readOnly={!onGiven}
          onInput={({ currentTarget }) => onGiven?.(currentTarget.value)}
        />
      )}
      <Said {...props} />
    </span>
  );
}

export function ClozeAnswer({ content, pictures, value, onValue, review, name }: KindProps) {
  const given = mapOf(value);
  const give = (gap: string, text: string) => {
    const { [gap]: _, ...others } = given;
    onValue?.(text === "" ? others : { ...others, [gap]: text });
  };
  const control = (id: string) => {
    const place = content.gaps.findIndex((gap) => gap.id === id);
    const gap = content.gaps[place];
    if (!gap) return null;
    return (
      <GapControl
        gap={gap}
        place={place}
        id={`${name}-${id}`}
        given={given[id] ?? ""}
        onGiven={onValue && ((text) => give(id, text))}
        review={review}
        untouched={value === null}
      />
    );
  };
  return (
    <div class="stem cloze" id={`${name}-stem`}>
      <Prose text={content.prompt} pictures={pictures} gap={control} />
    </div>
  );
}
