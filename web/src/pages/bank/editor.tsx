/** The fields of an item beside its preview; what is written survives a reload. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { BankWords } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Segments, TextArea, TextField } from "../../ui/form";
import { useDrafting } from "../drafting";
import { useSubmitting } from "../submitting";
import { AboutFields } from "./about";
import { bodyOf, faultsOf, type Draft, type Faults } from "./draft";
import { KindFields } from "./kinds";
import { Preview } from "./preview";
import { PromptField } from "./prompt";

/** Every field of a body that a server's fault can be shown at. */
const FIELDS = /^\/(title|skills|tags|level|language|difficulty|state|content|key)/;

interface Props {
  readonly name: string;
  readonly start: Draft;
  readonly etag?: string | undefined;
  readonly words: BankWords;
  readonly pictures: Readonly<Record<string, string>>;
  readonly back: string;
  readonly tools?: ComponentChildren;
  /** Not in a bank yet: it has no tags, and what becomes of it is not chosen here. */
  readonly staged?: boolean;
  readonly head: ComponentChildren;
  /** What the button says that saves. */
  readonly saves?: string;
  /** What stands above the preview, of what would be saved now. */
  readonly beside?: (body: Draft) => ComponentChildren;
  /** `basis` is the ETag of what the writer began from. */
  readonly onSave: (draft: Draft, basis: string | undefined) => Promise<void>;
}

/** Brings the first field that is wrong into view, and the caret into it. */
function useFirstFault(turn: number) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (turn === 0) return;
    const field = form.current?.querySelector<HTMLElement>("[aria-invalid='true'], .err");
    field?.scrollIntoView({ block: "center" });
    field?.focus();
  }, [turn]);
  return form;
}

export function Editor({ name, start, etag, words, pictures: known, back, tools, staged = false, head, saves, beside, onSave }: Props) {
  const { draft, setDraft, changed, basis, forget } = useDrafting(name, start, etag);
  const [pictures, setPictures] = useState(known);
  const [faults, setFaults] = useState<Faults>(new Map());
  const [turn, setTurn] = useState(0);
  const [side, setSide] = useState<"write" | "read">("write");
  const form = useFirstFault(turn);
  const { busy, fault, refusal, submit } = useSubmitting();
  const say = (pointer: string) => {
    const what = faults.get(pointer);
    if (what) return t(`bank.fault.${what}`);
    return refusal?.faultOf(pointer) && t("error.field");
  };
  const elsewhere = refusal?.faults.filter(({ pointer }) => FIELDS.test(pointer)) ?? [];
  const save = async () => {
    const found = faultsOf(draft);
    setFaults(found);
    setSide("write");
    if (found.size > 0) {
      setTurn(turn + 1);
      return;
    }
    await submit(async () => {
      await onSave(bodyOf(draft), basis.current);
      forget();
    });
  };
  const props = { draft, say, onDraft: setDraft };
  return (
    <form
      ref={form}
      class="question-editor"
      data-side={side}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="editor-head">
        {head}
        <div class="ph">
          <Segments
            label={t("lesson.side")}
            options={[
              { value: "write", label: t("lesson.write") },
              { value: "read", label: t("bank.preview") },
            ]}
            value={side}
            onValue={setSide}
          />
        </div>
      </div>
      <div class="editor-fields stack card">
        <TextField label={t("bank.titleLabel")} hint={t("bank.titleHint")} value={draft.title} onValue={(title) => setDraft({ ...draft, title })} maxLength={200} dir="auto" fault={say("/title")} />
        <PromptField draft={draft} fault={say("/content/prompt")} onDraft={setDraft} onPicture={(id, url) => setPictures((old) => ({ ...old, [id]: url }))} />
        <KindFields {...props} />
        <TextArea label={t("bank.explanation")} hint={t("bank.explanationHint")} rows={3} dir="auto" maxLength={20_000} value={draft.key.explanation} onValue={(explanation) => setDraft({ ...draft, key: { ...draft.key, explanation } })} fault={say("/key/explanation")} />
        <AboutFields {...props} words={words} staged={staged} />
      </div>
      <div class="editor-preview">
        {beside?.(bodyOf(draft))}
        <Preview kind={draft.kind} content={draft.content} answer={bodyOf(draft).key} pictures={pictures} name="preview" />
      </div>
      <div class="editor-foot">
        {(fault || faults.size > 0) && (
          <div class="banner bad round" role="alert">
            <p>{faults.size > 0 ? t("bank.faults", { count: faults.size }) : fault}</p>
            {elsewhere.map(({ pointer, detail }) => (
              <p key={pointer} class="sm" dir="auto">
                {detail}
              </p>
            ))}
          </div>
        )}
        <div class="row w">
          {tools}
          <span class="sp sm mut" role="status">
            {changed ? t("lesson.draftKept") : ""}
          </span>
          <ButtonLink href={back}>{t("common.cancel")}</ButtonLink>
          <Button look="primary" type="submit" busy={busy}>
            {saves ?? t("common.save")}
          </Button>
        </div>
      </div>
    </form>
  );
}
