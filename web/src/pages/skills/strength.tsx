/** How well a skill is known, in a word and a bar; never as a figure. */
import { t, type Key } from "../../i18n";
import { levelOf, LEVELS, type Level } from "./levels";
import "./skills.css";

const WORDS: Readonly<Record<Level, Key>> = {
  begun: "skills.level.begun",
  growing: "skills.level.growing",
  steady: "skills.level.steady",
  strong: "skills.level.strong",
};

export function levelWord(level: Level): string {
  return t(WORDS[level]);
}

export function Strength({ milli }: { readonly milli: number }) {
  const level = levelOf(milli);
  const filled = LEVELS.indexOf(level) + 1;
  return (
    <span class="strength" data-level={level}>
      <span class="bars" aria-hidden="true">
        {LEVELS.map((one, place) => (
          <i key={one} class={place < filled ? "on" : ""} />
        ))}
      </span>
      <span>{levelWord(level)}</span>
    </span>
  );
}
