/** An item as a learner meets it, to be tried; its key on request. */
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Content, Key, Option, QuestionKind } from "../../protocol/api";
import { CheckBox } from "../../ui/form";
import { Question, type Value } from "../../ui/question";
import { files } from "../exam/files";

interface Props {
  readonly kind: QuestionKind;
  readonly content: Content;
  readonly answer: Key;
  readonly pictures: Readonly<Record<string, string>>;
  /** Begins the ids of its controls. */
  readonly name: string;
}

function said(options: readonly Option[]): readonly Option[] {
  return options.map((option) => (option.text.trim() ? option : { ...option, text: "…" }));
}

/** What has no words yet still stands somewhere, and has a name. */
function filled(content: Content): Content {
  return { ...content, options: said(content.options), left: said(content.left), gaps: content.gaps.map((gap) => ({ ...gap, options: said(gap.options) })) };
}

export function Preview({ kind, content, answer, pictures, name }: Props) {
  const [value, setValue] = useState<Value | null>(null);
  const [shown, setShown] = useState(false);
  return (
    <section class="card bank-preview" aria-label={t("bank.preview")}>
      <header>
        <h2>{t("bank.preview")}</h2>
        <CheckBox label={t("bank.showKey")} checked={shown} onChecked={setShown} />
      </header>
      <Question kind={kind} content={filled(content)} pictures={pictures} value={value} onValue={setValue} files={files} name={name} review={shown ? { key: answer, correct: null } : undefined} />
    </section>
  );
}
