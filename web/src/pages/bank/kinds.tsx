/** What is asked, and what is right, for each of the ten kinds. */
import { t } from "../../i18n";
import type { Content, Gap, Key, Option } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { CheckBox, Segments, SelectField, TextArea, TextField } from "../../ui/form";
import { withOne, withoutOption, type Draft } from "./draft";
import { Options, type Say } from "./options";
import { RubricFields } from "./rubric";

export interface KindProps {
  readonly draft: Draft;
  readonly say: Say;
  readonly onDraft: (draft: Draft) => void;
}

function changer({ draft, onDraft }: KindProps) {
  return {
    content: (change: Partial<Content>) => onDraft({ ...draft, content: { ...draft.content, ...change } }),
    key: (change: Partial<Key>) => onDraft({ ...draft, key: { ...draft.key, ...change } }),
  };
}

function lines(text: string): readonly string[] {
  return text.split("\n");
}

function ChoiceFields(props: KindProps) {
  const { draft, say, onDraft } = props;
  const { content, key } = draft;
  const set = changer(props);
  const single = draft.kind === "single_choice";
  const right = (id: string, on: boolean) => {
    if (single) set.key({ correct: [id] });
    else set.key({ correct: on ? [...key.correct, id] : key.correct.filter((one) => one !== id) });
  };
  const feedback = (id: string, text: string) => {
    const { [id]: _, ...others } = key.option_feedback;
    set.key({ option_feedback: text ? { ...others, [id]: text } : others });
  };
  return (
    <>
      <Options
        legend={t("bank.options")}
        hint={t(single ? "bank.optionsOne" : "bank.optionsMany")}
        options={content.options}
        at="/content/options"
        prefix="o"
        word="bank.option.choice"
        say={say}
        onOptions={(options) => set.content({ options })}
        onRemove={(id) => onDraft(withoutOption(draft, id))}
        before={({ id }, index) => (
          <input
            type={single ? "radio" : "checkbox"}
            name="right"
            class="mark-right"
            aria-label={t("bank.isRight", { number: index + 1 })}
            checked={key.correct.includes(id)}
            onChange={(event) => right(id, event.currentTarget.checked)}
          />
        )}
        after={({ id }, index) => (
          <TextField quiet label={t("bank.feedbackFor", { number: index + 1 })} placeholder={t("bank.feedback")} value={key.option_feedback[id] ?? ""} onValue={(text) => feedback(id, text)} maxLength={500} dir="auto" />
        )}
      />
      {say("/key/correct") && <p class="err">{say("/key/correct")}</p>}
      <CheckBox label={t("bank.shuffle")} checked={content.shuffle} onChecked={(shuffle) => set.content({ shuffle })} />
      {!single && <CheckBox label={t("bank.partial")} checked={key.partial} onChecked={(partial) => set.key({ partial })} />}
    </>
  );
}

function TruthFields(props: KindProps) {
  const set = changer(props);
  const fault = props.say("/key/truth");
  return (
    <div class="field">
      <span class="lbl">{t("bank.truth")}</span>
      <div>
        <Segments
          label={t("bank.truth")}
          options={[
            { value: "true", label: t("bank.true") },
            { value: "false", label: t("bank.false") },
          ]}
          value={String(props.draft.key.truth)}
          onValue={(value) => set.key({ truth: value === "true" })}
        />
      </div>
      {fault && <p class="err">{fault}</p>}
    </div>
  );
}

function TextFields(props: KindProps) {
  const set = changer(props);
  const { key } = props.draft;
  return (
    <>
      <TextArea label={t("bank.accepted")} hint={t("bank.acceptedHint")} rows={4} dir="auto" value={key.accepted.join("\n")} onValue={(text) => set.key({ accepted: lines(text) })} fault={props.say("/key/accepted")} />
      <CheckBox label={t("bank.caseSensitive")} checked={key.case_sensitive} onChecked={(case_sensitive) => set.key({ case_sensitive })} />
    </>
  );
}

/** Units as rows: the first counts as one, the others say how many of it they are. */
function UnitFields(props: KindProps) {
  const set = changer(props);
  const units = Object.entries(props.draft.key.units);
  const put = (rows: readonly (readonly [string, string])[]) =>
    set.key({ units: Object.fromEntries(rows.map(([unit, factor], index) => [unit, index === 0 ? "1" : factor])) });
  const change = (at: number, row: readonly [string, string]) => put(units.map((one, index) => (index === at ? row : one)));
  return (
    <fieldset class="field">
      <legend>{t("bank.units")}</legend>
      <p class="hint">{t("bank.unitsHint")}</p>
      <ul class="unit-rows">
        {units.map(([unit, factor], index) => (
          <li key={index}>
            <TextField quiet label={t("bank.unit", { number: index + 1 })} placeholder={t("bank.unitWord")} value={unit} onValue={(word) => change(index, [word, factor])} dir="ltr" />
            <TextField quiet label={t("bank.unitFactor", { number: index + 1 })} value={factor} onValue={(value) => change(index, [unit, value])} disabled={index === 0} dir="ltr" inputMode="decimal" fault={props.say(`/key/units/${unit}`)} />
            <IconButton small icon="x" label={t("bank.removeUnit", { number: index + 1 })} onClick={() => put(units.toSpliced(index, 1))} />
          </li>
        ))}
      </ul>
      {!units.some(([unit]) => unit === "") && (
        <Button size="s" icon="plus" onClick={() => put([...units, ["", "1"]])}>
          {t("bank.addUnit")}
        </Button>
      )}
    </fieldset>
  );
}

function NumericFields(props: KindProps) {
  const set = changer(props);
  const { key } = props.draft;
  return (
    <>
      <div class="half even">
        <TextField label={t("bank.number")} inputMode="decimal" dir="ltr" value={key.number ?? ""} onValue={(number) => set.key({ number: number.trim() || null })} fault={props.say("/key/number")} />
        <TextField label={t("bank.tolerance")} hint={t(key.relative ? "bank.toleranceShare" : "bank.toleranceSame")} inputMode="decimal" dir="ltr" value={key.tolerance} onValue={(tolerance) => set.key({ tolerance: tolerance.trim() })} fault={props.say("/key/tolerance")} />
      </div>
      <CheckBox label={t("bank.relative")} checked={key.relative} onChecked={(relative) => set.key({ relative })} />
      <UnitFields {...props} />
    </>
  );
}

function MatchingFields(props: KindProps) {
  const { draft, say, onDraft } = props;
  const { content, key } = draft;
  const set = changer(props);
  const pair = (left: string, right: string) => {
    const { [left]: _, ...others } = key.pairs;
    set.key({ pairs: right ? { ...others, [left]: right } : others });
  };
  const removeLeft = (id: string) => {
    const { [id]: _, ...pairs } = key.pairs;
    onDraft({ ...draft, content: { ...content, left: content.left.filter((one) => one.id !== id) }, key: { ...key, pairs } });
  };
  const rights = [{ value: "", label: t("bank.choose") }, ...content.options.map(({ id, text }) => ({ value: id, label: text || id }))];
  return (
    <>
      <Options
        legend={t("bank.rightSide")}
        hint={t("bank.rightSideHint")}
        options={content.options}
        at="/content/options"
        prefix="r"
        word="bank.option.right"
        say={say}
        onOptions={(options) => set.content({ options })}
        onRemove={(id) => onDraft(withoutOption(draft, id))}
      />
      <Options
        legend={t("bank.leftSide")}
        hint={t("bank.leftSideHint")}
        options={content.left}
        at="/content/left"
        prefix="l"
        word="bank.option.left"
        say={say}
        onOptions={(left) => set.content({ left })}
        onRemove={removeLeft}
        after={({ id }, index) => (
          <SelectField quiet label={t("bank.goesWith", { number: index + 1 })} value={key.pairs[id] ?? ""} onValue={(right) => pair(id, right)} options={rights} fault={say(`/key/pairs/${id}`)} />
        )}
      />
      <CheckBox label={t("bank.partial")} checked={key.partial} onChecked={(partial) => set.key({ partial })} />
    </>
  );
}

function OrderingFields(props: KindProps) {
  const { draft, say, onDraft } = props;
  const set = changer(props);
  return (
    <>
      <Options
        legend={t("bank.order")}
        hint={t("bank.orderHint")}
        options={draft.content.options}
        at="/content/options"
        prefix="o"
        word="bank.option.step"
        say={say}
        onOptions={(options) => set.content({ options })}
        onRemove={(id) => onDraft(withoutOption(draft, id))}
        before={(_, index) => <span class="place num">{t("common.number", { value: index + 1 })}</span>}
      />
      <CheckBox label={t("bank.partial")} checked={draft.key.partial} onChecked={(partial) => set.key({ partial })} />
    </>
  );
}

function GapFields({ gap, index, ...props }: KindProps & { readonly gap: Gap; readonly index: number }) {
  const { draft, say } = props;
  const set = changer(props);
  const accepted = draft.key.gaps[gap.id] ?? [];
  const accept = (words: readonly string[]) => ({ gaps: { ...draft.key.gaps, [gap.id]: words } });
  const optionsOf = (options: readonly Option[], words: readonly string[] = accepted) =>
    props.onDraft({
      ...draft,
      content: { ...draft.content, gaps: draft.content.gaps.map((one) => (one.id === gap.id ? { ...one, options } : one)) },
      key: { ...draft.key, ...accept(words) },
    });
  const chosen = gap.options.length > 0;
  return (
    <fieldset class="gap-fields">
      <legend class="mono">{`{{${gap.id}}}`}</legend>
      <Segments
        label={t("bank.gapKind", { gap: gap.id })}
        options={[
          { value: "text", label: t("bank.gapText") },
          { value: "list", label: t("bank.gapList") },
        ]}
        value={chosen ? "list" : "text"}
        onValue={(value) => optionsOf(value === "list" ? withOne(withOne([], "o"), "o") : [], [])}
      />
      {chosen ? (
        <Options
          legend={t("bank.options")}
          options={gap.options}
          at={`/content/gaps/${index}/options`}
          prefix="o"
          word="bank.option.choice"
          say={say}
          onOptions={(options) => optionsOf(options)}
          onRemove={(id) => optionsOf(gap.options.filter((one) => one.id !== id), accepted.filter((one) => one !== id))}
          before={({ id }, at) => (
            <input type="checkbox" class="mark-right" aria-label={t("bank.isRight", { number: at + 1 })} checked={accepted.includes(id)} onChange={(event) => set.key(accept(event.currentTarget.checked ? [...accepted, id] : accepted.filter((one) => one !== id)))} />
          )}
        />
      ) : (
        <TextArea label={t("bank.accepted")} hint={t("bank.acceptedHint")} rows={2} dir="auto" value={accepted.join("\n")} onValue={(text) => set.key(accept(lines(text)))} />
      )}
      {say(`/key/gaps/${gap.id}`) && <p class="err">{say(`/key/gaps/${gap.id}`)}</p>}
    </fieldset>
  );
}

function ClozeFields(props: KindProps) {
  const { draft, say } = props;
  const set = changer(props);
  return (
    <div class="field">
      <span class="lbl">{t("bank.gaps")}</span>
      <p class="hint">{t("bank.gapsHint")}</p>
      {draft.content.gaps.map((gap, index) => (
        <GapFields key={gap.id} gap={gap} index={index} {...props} />
      ))}
      {say("/content/gaps") && <p class="err">{say("/content/gaps")}</p>}
      <CheckBox label={t("bank.caseSensitive")} checked={draft.key.case_sensitive} onChecked={(case_sensitive) => set.key({ case_sensitive })} />
      <CheckBox label={t("bank.partial")} checked={draft.key.partial} onChecked={(partial) => set.key({ partial })} />
    </div>
  );
}

function EssayFields(props: KindProps) {
  const set = changer(props);
  const { content, key } = props.draft;
  return (
    <>
      <TextField type="number" min={1} max={100_000} label={t("bank.maxChars")} value={String(content.max_chars)} onValue={(value) => set.content({ max_chars: Number(value) || 1 })} fault={props.say("/content/max_chars")} />
      <RubricFields rubric={key.rubric} say={props.say} onRubric={(rubric) => set.key({ rubric })} />
    </>
  );
}

const MEGABYTE = 1_000_000;

function FileFields(props: KindProps) {
  const set = changer(props);
  const { content, key } = props.draft;
  return (
    <>
      <div class="half even">
        <TextField type="number" min={1} max={10} label={t("bank.maxFiles")} value={String(content.max_files)} onValue={(value) => set.content({ max_files: Number(value) || 1 })} fault={props.say("/content/max_files")} />
        <TextField type="number" min={1} max={500} label={t("bank.maxMegabytes")} value={String(content.max_file_bytes / MEGABYTE)} onValue={(value) => set.content({ max_file_bytes: Math.round(Number(value) * MEGABYTE) || MEGABYTE })} fault={props.say("/content/max_file_bytes")} />
      </div>
      <TextField label={t("bank.fileTypes")} hint={t("bank.fileTypesHint")} dir="ltr" value={content.file_types.join(", ")} onValue={(value) => set.content({ file_types: value.split(/[,\s]+/).filter(Boolean) })} fault={props.say("/content/file_types")} />
      <RubricFields rubric={key.rubric} say={props.say} onRubric={(rubric) => set.key({ rubric })} />
    </>
  );
}

const FIELDS = {
  single_choice: ChoiceFields,
  multiple_choice: ChoiceFields,
  true_false: TruthFields,
  short_text: TextFields,
  numeric: NumericFields,
  matching: MatchingFields,
  ordering: OrderingFields,
  cloze: ClozeFields,
  essay: EssayFields,
  file_upload: FileFields,
} as const;

export function KindFields(props: KindProps) {
  const Fields = FIELDS[props.draft.kind];
  return <Fields {...props} />;
}
