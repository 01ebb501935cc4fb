/** The parts of an exam: questions by name, and draws that say how many of the bank fit. */
import { useState } from "preact/hooks";
import { READY_MOST } from "../../core/teaching";
import { t } from "../../i18n";
import type { BankWords, Draw, QuestionLine, Section } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { CheckBox, SelectField, TextArea, TextField } from "../../ui/form";
import { Icon } from "../../ui/icon";
import { moved } from "../../ui/questions/value";
import { fitting, NO_DRAW, withSection } from "./plan";
import { Picker } from "./picker";

type Say = (pointer: string) => string | undefined;

interface Props {
  readonly sections: readonly Section[];
  readonly bank: readonly QuestionLine[];
  readonly words: BankWords;
  readonly say: Say;
  readonly onSections: (sections: readonly Section[]) => void;
}

function replaced<Thing>(things: readonly Thing[], at: number, thing: Thing): readonly Thing[] {
  return things.map((one, index) => (index === at ? thing : one));
}

interface DrawProps {
  readonly draw: Draw;
  readonly number: number;
  readonly fit: number;
  /** Only a part of a very large bank was counted. */
  readonly partial: boolean;
  readonly words: BankWords;
  readonly fault: string | undefined;
  readonly onDraw: (draw: Draw) => void;
  readonly onRemove: () => void;
}

const ANY = "";

interface OneOfProps {
  readonly label: string;
  readonly value: string;
  readonly known: readonly string[];
  readonly onValue: (value: string) => void;
}

/** One of the words that the bank knows, or any. */
function OneOf({ label, value, known, onValue }: OneOfProps) {
  const all = [...new Set([...known, ...(value === ANY ? [] : [value])])];
  const options = [{ value: ANY, label: t("bank.any") }, ...all.map((word) => ({ value: word, label: word }))];
  return <SelectField label={label} value={value} onValue={onValue} options={options} />;
}

function words(text: string): readonly string[] {
  return text.split(",").map((word) => word.trim()).filter(Boolean);
}

function DrawFields({ draw, number, fit, partial, words: known, fault, onDraw, onRemove }: DrawProps) {
  const [skills, setSkills] = useState(draw.skills.join(", "));
  const [levels, setLevels] = useState(draw.levels.join(", "));
  const enough = partial || fit >= draw.count;
  const numbers = (text: string) => words(text).map(Number).filter((level) => level >= 1 && level <= 10);
  return (
    <li class="draw">
      <div class="draw-fields">
        <TextField type="number" min={1} max={200} label={t("assessment.drawCount")} value={String(draw.count)} onValue={(value) => onDraw({ ...draw, count: Number(value) })} fault={fault} />
        <TextField
          label={t("bank.skills")}
          hint={t("assessment.allOf")}
          dir="auto"
          list="exam-skills"
          value={skills}
          onValue={(text) => {
            setSkills(text);
            onDraw({ ...draw, skills: words(text) });
          }}
        />
        <TextField
          label={t("assessment.levels")}
          hint={t("assessment.oneOf")}
          dir="ltr"
          value={levels}
          onValue={(text) => {
            setLevels(text);
            onDraw({ ...draw, levels: numbers(text) });
          }}
        />
        <OneOf label={t("bank.tag")} value={draw.tags[0] ?? ANY} known={Object.keys(known.tags)} onValue={(tag) => onDraw({ ...draw, tags: tag === ANY ? [] : [tag] })} />
        <OneOf label={t("bank.language")} value={draw.language ?? ANY} known={Object.keys(known.languages)} onValue={(language) => onDraw({ ...draw, language: language === ANY ? null : language })} />
      </div>
      <div class="row">
        <p class={enough ? "row sm sp mut" : "row sm sp c-danger"} role="status">
          <Icon name={enough ? "ok" : "alert"} class="s" />
          {t(partial ? "assessment.fitAtLeast" : enough ? "assessment.fit" : "assessment.fitShort", { fit, count: draw.count })}
        </p>
        <IconButton small icon="bin" label={t("assessment.removeDraw", { number })} onClick={onRemove} />
      </div>
    </li>
  );
}

function Named({ ids, bank, onIds }: { readonly ids: readonly string[]; readonly bank: readonly QuestionLine[]; readonly onIds: (ids: readonly string[]) => void }) {
  return (
    <ol class="named">
      {ids.map((id, index) => {
        const line = bank.find((known) => known.id === id);
        return (
          <li key={id}>
            <span class="num mut">{t("common.number", { value: index + 1 })}</span>
            <a class="sp wrapany" href={`/questions/${id}`}>
              <bdi>{line?.title ?? t("assessment.unknown")}</bdi>
            </a>
            {line && <span class="xs mut dk">{t(`bank.kind.${line.kind}`)}</span>}
            <IconButton small icon="up" label={t("bank.moveUp", { number: index + 1 })} disabled={index === 0} onClick={() => onIds(moved(ids, index, index - 1))} />
            <IconButton small icon="down" label={t("bank.moveDown", { number: index + 1 })} disabled={index === ids.length - 1} onClick={() => onIds(moved(ids, index, index + 1))} />
            <IconButton small icon="x" label={t("bank.remove", { number: index + 1 })} onClick={() => onIds(ids.toSpliced(index, 1))} />
          </li>
        );
      })}
    </ol>
  );
}

function SectionFields({ section, index, ...props }: Props & { readonly section: Section; readonly index: number }) {
  const { sections, bank, say, onSections } = props;
  const [picking, setPicking] = useState(false);
  const at = `/settings/sections/${index}`;
  const put = (change: Partial<Section>) => onSections(replaced(sections, index, { ...section, ...change }));
  const named = new Set(sections.flatMap((other) => other.question_ids));
  return (
    <li class="card section">
      <div class="row w">
        <h3 class="sp">{t("assessment.section", { number: index + 1 })}</h3>
        <IconButton icon="up" label={t("assessment.sectionUp", { number: index + 1 })} disabled={index === 0} onClick={() => onSections(moved(sections, index, index - 1))} />
        <IconButton icon="down" label={t("assessment.sectionDown", { number: index + 1 })} disabled={index === sections.length - 1} onClick={() => onSections(moved(sections, index, index + 1))} />
        <IconButton icon="bin" label={t("assessment.sectionRemove", { number: index + 1 })} onClick={() => onSections(sections.toSpliced(index, 1))} />
      </div>
      <div class="section-title">
        <TextField label={t("assessment.sectionTitle")} value={section.title} onValue={(title) => put({ title })} maxLength={200} dir="auto" fault={say(`${at}/title`)} />
        <TextField type="number" min={0} max={1000} step="any" label={t("assessment.points")} value={String(section.points_milli / 1000)} onValue={(value) => put({ points_milli: Math.round(Number(value) * 1000) || 0 })} fault={say(`${at}/points_milli`)} />
      </div>
      <TextArea label={t("assessment.sectionText")} rows={2} dir="auto" value={section.text} onValue={(text) => put({ text })} maxLength={20_000} fault={say(`${at}/text`)} />
      <CheckBox label={t("assessment.shuffle")} checked={section.shuffle} onChecked={(shuffle) => put({ shuffle })} />
      {section.question_ids.length > 0 && <Named ids={section.question_ids} bank={bank} onIds={(question_ids) => put({ question_ids })} />}
      {section.draws.length > 0 && (
        <ul class="draws">
          {section.draws.map((draw, number) => (
            <DrawFields
              key={`${number} of ${section.draws.length}`}
              draw={draw}
              number={number + 1}
              fit={fitting(draw, bank, sections)}
              partial={bank.length >= READY_MOST}
              words={props.words}
              fault={say(`${at}/draws/${number}/count`)}
              onDraw={(changed) => put({ draws: replaced(section.draws, number, changed) })}
              onRemove={() => put({ draws: section.draws.toSpliced(number, 1) })}
            />
          ))}
        </ul>
      )}
      <div class="row w">
        <Button size="s" icon="plus" onClick={() => setPicking(true)}>
          {t("assessment.addQuestions")}
        </Button>
        <Button size="s" icon="plus" onClick={() => put({ draws: [...section.draws, NO_DRAW] })}>
          {t("assessment.addDraw")}
        </Button>
      </div>
      {picking && <Picker bank={bank} named={named} onPick={(ids) => put({ question_ids: [...section.question_ids, ...ids] })} onClose={() => setPicking(false)} />}
    </li>
  );
}

export function Sections(props: Props) {
  const { sections, words: known, say, onSections } = props;
  return (
    <section class="stack" aria-labelledby="exam-sections">
      <h2 id="exam-sections">{t("assessment.sections")}</h2>
      <datalist id="exam-skills">
        {Object.keys(known.skills).map((skill) => (
          <option key={skill} value={skill}>
            {skill}
          </option>
        ))}
      </datalist>
      {sections.length === 0 && <p class="mut">{t("assessment.noSections")}</p>}
      <ol class="stack">
        {sections.map((section, index) => (
          <SectionFields key={section.id} section={section} index={index} {...props} />
        ))}
      </ol>
      {say("/settings/sections") && <p class="err">{say("/settings/sections")}</p>}
      <div>
        <Button icon="plus" onClick={() => onSections(withSection(sections))}>
          {t("assessment.addSection")}
        </Button>
      </div>
    </section>
  );
}
