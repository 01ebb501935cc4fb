/** A number as it is typed on any keyboard, with its unit where one is asked for. */
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Key } from "../../protocol/api";
import { RightAnswer } from "./right";
import { isNumber, mapOf, plainNumber, type KindProps, type Value } from "./value";

const LONGEST = 70;

function rightOf(key: Key | null | undefined): string | undefined {
  if (!key?.number) return undefined;
  const unit = Object.keys(key.units)[0];
  return unit === undefined ? key.number : `${key.number} ${unit}`;
}

export function NumericAnswer({ content, value, onValue, review, name }: KindProps) {
  const { number = "", unit = "" } = mapOf(value);
  // What was typed stays as it was typed; the wire has it in plain digits.
  const [typed, setTyped] = useState(number);
  const shown = plainNumber(typed) === number ? typed : number;
  const give = (next: { number: string; unit: string }): Value => (content.units.length > 0 ? next : { number: next.number });
  const isOdd = number !== "" && !isNumber(number);
  return (
    <div class="col">
      <div class="numeric">
        <div class="field">
          <label for={`${name}-number`}>{t("question.number")}</label>
          <input
            id={`${name}-number`}
            class="in num"
            type="text"
            inputMode="decimal"
            dir="ltr"
            autocomplete="off"
            maxLength={LONGEST}
            value={shown}
            readOnly={!onValue}
            aria-describedby={isOdd ? `${name}-odd` : undefined}
            onInput={({ currentTarget }) => {
              setTyped(currentTarget.value);
              onValue?.(give({ number: plainNumber(currentTarget.value), unit }));
            }}
          />
        </div>
        {content.units.length > 0 && (
          <div class="field">
            <label for={`${name}-unit`}>{t("question.unit")}</label>
            <select
              id={`${name}-unit`}
              class="sel"
              disabled={!onValue}
              onChange={({ currentTarget }) => onValue?.(give({ number, unit: currentTarget.value }))}
            >
              <option value="" selected={unit === ""}>
                {t("question.chooseUnit")}
              </option>
              {content.units.map((one) => (
                <option key={one} value={one} selected={one === unit}>
                  {one}
                </option>
              ))}
            </select>
          </div>
        )}
      </div>
      {isOdd && (
        <p class="hint c-warn" id={`${name}-odd`}>
          {t("question.notANumber")}
        </p>
      )}
      <RightAnswer says={rightOf(review?.key)} />
    </div>
  );
}
