/** A brief: what is wanted, at which level, and from what text. */
import { useId, useRef, useState } from "preact/hooks";
import { newKey } from "../../core/api";
import { generation } from "../../core/factory";
import { locale, t } from "../../i18n";
import type { BankWords, Generation, QuestionKind } from "../../protocol/api";
import { Dialog } from "../../ui/dialog";
import { CheckBox, FileField, FormActs, FormFault, SelectField, TextArea, TextField } from "../../ui/form";
import { useSubmitting } from "../submitting";
import { languageSaid } from "../words";
import { textOf } from "./textfile";

/** Those that can be checked without a person. */
export const MADE: readonly QuestionKind[] = ["single_choice", "multiple_choice", "true_false", "short_text", "numeric", "cloze", "ordering", "matching"];
const KINDS_MAX = 5;
const LANGUAGES: readonly string[] = ["en", "ar"];
const SOURCE_MAX = 100_000;

interface Props {
  readonly courseId: string;
  readonly words: BankWords;
  readonly onAsked: (job: Generation) => void;
  readonly onClose: () => void;
}

export function BriefForm({ courseId, words, onAsked, onClose }: Props) {
  const list = useId();
  const key = useRef(newKey());
  const [skill, setSkill] = useState("");
  const [level, setLevel] = useState("1");
  const [language, setLanguage] = useState<string>(locale());
  const [kinds, setKinds] = useState<readonly QuestionKind[]>(["single_choice"]);
  const [count, setCount] = useState("10");
  const [difficulty, setDifficulty] = useState("50");
  const [scenario, setScenario] = useState(false);
  const [note, setNote] = useState("");
  const [source, setSource] = useState("");
  const [unread, setUnread] = useState<string>();
  const { busy, fault, refusal, submit } = useSubmitting();
  const say = (pointer: string) => refusal?.faultOf(pointer) && t("error.field");
  const turn = (kind: QuestionKind, on: boolean) => setKinds((old) => (on ? [...old, kind].slice(-KINDS_MAX) : old.filter((one) => one !== kind)));
  const read = async (file: File | null) => {
    const text = file && (await textOf(file, SOURCE_MAX));
    setUnread(file && text === null ? t("factory.fileUnread") : undefined);
    if (text) setSource(text);
  };
  const ask = () =>
    submit(async () => {
      const brief = {
        skill: skill.trim(),
        level: Number(level),
        language,
        kinds,
        count: Number(count),
        difficulty: Number(difficulty),
        scenario,
        note: note.trim(),
        series: 0,
      };
      onAsked(await generation.ask({ course_id: courseId, brief, source: source.trim() }, key.current));
    });
  return (
    <Dialog title={t("factory.ask")} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <TextField label={t("factory.skill")} value={skill} onValue={setSkill} list={list} required maxLength={80} dir="auto" autocomplete="off" fault={say("/brief/skill")} />
        <datalist id={list}>
          {Object.keys(words.skills).map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </datalist>
        <div class="brief-row">
          <TextField type="number" min={1} max={100} required label={t("factory.count")} value={count} onValue={setCount} fault={say("/brief/count")} />
          <TextField type="number" min={1} max={10} required label={t("bank.level")} value={level} onValue={setLevel} fault={say("/brief/level")} />
          <TextField type="number" min={0} max={100} required label={t("bank.difficulty")} value={difficulty} onValue={setDifficulty} fault={say("/brief/difficulty")} />
          <SelectField
            label={t("bank.language")}
            value={language}
            onValue={setLanguage}
            options={[...new Set([...LANGUAGES, ...Object.keys(words.languages)])].map((value) => ({ value, label: languageSaid(value) }))}
            fault={say("/brief/language")}
          />
        </div>
        <fieldset class="field kinds-field">
          <legend>{t("factory.kinds")}</legend>
          {MADE.map((kind) => (
            <CheckBox key={kind} label={t(`bank.kind.${kind}`)} checked={kinds.includes(kind)} onChecked={(on) => turn(kind, on)} />
          ))}
        </fieldset>
        <TextArea
          label={t("factory.sourceLabel")}
          hint={t("factory.sourceHint")}
          rows={7}
          maxLength={SOURCE_MAX}
          dir="auto"
          value={source}
          onValue={setSource}
          fault={say("/source")}
        />
        <FileField label={t("factory.file")} hint={t("factory.fileHint")} accept=".txt,.md,text/plain" onFile={(file) => void read(file)} fault={unread} />
        <TextArea label={t("factory.note")} hint={t("factory.noteHint")} rows={2} maxLength={2000} dir="auto" value={note} onValue={setNote} fault={say("/brief/note")} />
        <CheckBox label={t("factory.scenario")} checked={scenario} onChecked={setScenario} />
        <FormFault says={fault} />
        <FormActs action={t("factory.askNow")} busy={busy} disabled={kinds.length === 0} onClose={onClose} />
      </form>
    </Dialog>
  );
}
