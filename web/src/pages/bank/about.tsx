/** What an item is about: skills, tags, level, language, difficulty and state. */
import { useId, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { BankWords, QuestionState } from "../../protocol/api";
import { SelectField, TextField } from "../../ui/form";
import type { KindProps } from "./kinds";
import { languageSaid } from "../words";
import { STATES } from "./draft";

const LANGUAGES: readonly string[] = ["en", "ar"];

interface WordsProps {
  readonly label: string;
  readonly words: readonly string[];
  readonly known: Readonly<Record<string, number>>;
  readonly fault: string | undefined;
  readonly onWords: (words: readonly string[]) => void;
}

/** Words with commas between them; those that the bank knows are offered. */
function WordsField({ label, words, known, fault, onWords }: WordsProps) {
  const list = useId();
  const [written, setWritten] = useState(() => words.join(", "));
  const before = written.slice(0, written.lastIndexOf(",") + 1);
  const write = (text: string) => {
    setWritten(text);
    onWords(text.split(",").map((word) => word.trim()).filter(Boolean));
  };
  return (
    <>
      <TextField label={label} hint={t("bank.wordsHint")} value={written} onValue={write} list={list} dir="auto" fault={fault} autocomplete="off" />
      <datalist id={list}>
        {Object.keys(known).map((word) => (
          <option key={word} value={`${before}${before && " "}${word}`}>
            {word}
          </option>
        ))}
      </datalist>
    </>
  );
}

export function AboutFields({ draft, say, onDraft, words, staged }: KindProps & { readonly words: BankWords; readonly staged: boolean }) {
  const languages = [...new Set([...LANGUAGES, ...Object.keys(words.languages), draft.language])];
  return (
    <fieldset class="field about-fields">
      <legend>{t("bank.about")}</legend>
      <div class="half even">
        <WordsField label={t("bank.skills")} words={draft.skills} known={words.skills} fault={say("/skills")} onWords={(skills) => onDraft({ ...draft, skills })} />
        {!staged && <WordsField label={t("bank.tags")} words={draft.tags} known={words.tags} fault={say("/tags")} onWords={(tags) => onDraft({ ...draft, tags })} />}
      </div>
      <div class="quarters">
        <TextField type="number" min={1} max={10} required label={t("bank.level")} value={String(draft.level)} onValue={(value) => onDraft({ ...draft, level: Number(value) })} fault={say("/level")} />
        <TextField type="number" min={0} max={100} required label={t("bank.difficulty")} value={String(draft.difficulty)} onValue={(value) => onDraft({ ...draft, difficulty: Number(value) })} fault={say("/difficulty")} />
        {!staged && (
          <>
            <SelectField label={t("bank.language")} value={draft.language} onValue={(language) => onDraft({ ...draft, language })} options={languages.map((value) => ({ value, label: languageSaid(value) }))} fault={say("/language")} />
            <SelectField
              label={t("bank.state")}
              value={draft.state}
              onValue={(state) => onDraft({ ...draft, state: state as QuestionState })}
              options={STATES.map((value) => ({ value, label: t(`bank.state.${value}`) }))}
              fault={say("/state")}
            />
          </>
        )}
      </div>
    </fieldset>
  );
}
