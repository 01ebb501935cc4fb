/** A list of options: each with its text, moved and removed by its own buttons. */
import type { ComponentChildren } from "preact";
import { t, type Key as Word } from "../../i18n";
import type { Option } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { TextField } from "../../ui/form";
import { moved } from "../../ui/questions/value";
import { withOne } from "./draft";

export type Say = (pointer: string) => string | undefined;

interface Props {
  readonly legend: ComponentChildren;
  readonly hint?: ComponentChildren;
  readonly options: readonly Option[];
  /** The JSON pointer of the list, and the first letter of the ids that it gives. */
  readonly at: string;
  readonly prefix: string;
  readonly word: Extract<Word, `bank.option.${string}`>;
  readonly say: Say;
  readonly onOptions: (options: readonly Option[]) => void;
  readonly onRemove: (id: string) => void;
  /** What stands before an option: how it is marked as right, or its place. */
  readonly before?: (option: Option, index: number) => ComponentChildren;
  readonly after?: (option: Option, index: number) => ComponentChildren;
  readonly mayMove?: boolean;
}

const MOST = 40;

export function Options({ legend, hint, options, at, prefix, word, say, onOptions, onRemove, before, after, mayMove = true }: Props) {
  const write = (index: number, text: string) => onOptions(options.map((option, one) => (one === index ? { ...option, text } : option)));
  return (
    <fieldset class="field options">
      <legend>{legend}</legend>
      {hint && <p class="hint">{hint}</p>}
      <ol class="option-rows">
        {options.map((option, index) => (
          <li key={option.id}>
            {before?.(option, index)}
            <div class="sp col">
              <TextField
                quiet
                label={t(word, { number: index + 1 })}
                value={option.text}
                onValue={(text) => write(index, text)}
                maxLength={20_000}
                dir="auto"
                fault={say(`${at}/${index}/text`)}
              />
              {after?.(option, index)}
            </div>
            <span class="option-tools">
              {mayMove && (
                <>
                  <IconButton small icon="up" label={t("bank.moveUp", { number: index + 1 })} disabled={index === 0} onClick={() => onOptions(moved(options, index, index - 1))} />
                  <IconButton small icon="down" label={t("bank.moveDown", { number: index + 1 })} disabled={index === options.length - 1} onClick={() => onOptions(moved(options, index, index + 1))} />
                </>
              )}
              <IconButton small icon="x" label={t("bank.remove", { number: index + 1 })} onClick={() => onRemove(option.id)} />
            </span>
          </li>
        ))}
      </ol>
      {say(at) && <p class="err">{say(at)}</p>}
      {options.length < MOST && (
        <Button size="s" icon="plus" onClick={() => onOptions(withOne(options, prefix))}>
          {t("bank.addOption")}
        </Button>
      )}
    </fieldset>
  );
}
