/** A text with gaps: each gap is a field or a list, where it stands in the text. */
import { t } from "../../i18n";
import type { Gap, Key } from "../../protocol/api";
import { Prose } from "../prose";
import { mapOf, plainWords, type KindProps } from "./value";

const LONGEST = 200;

interface GapProps {
  readonly gap: Gap;
  readonly place: number;
  readonly id: string;
  readonly given: string;
  readonly onGiven: ((text: string) => void) | undefined;
  readonly key_: Key | null | undefined;
}

function GapControl({ gap, place, id, given, onGiven, key_ }: GapProps) {
  const label = t("question.gap", { number: place + 1 });
  const accepted = key_?.gaps[gap.id];
  const right = accepted?.map((one) => plainWords(gap.options.find((option) => option.id === one)?.text ?? one)).join(" · ");
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
      {right !== undefined && <span class="badge ok">{right}</span>}
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
        key_={review?.key}
      />
    );
  };
  return (
    <div class="stem cloze" id={`${name}-stem`}>
      <Prose text={content.prompt} pictures={pictures} gap={control} />
    </div>
  );
}
