/** The rubric of an item that a person marks: criteria, each with its levels and what they are worth. */
import { t } from "../../i18n";
import type { Criterion, Level } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { TextField } from "../../ui/form";
import { freshId } from "./draft";
import type { Say } from "./options";

interface Props {
  readonly rubric: readonly Criterion[];
  readonly say: Say;
  readonly onRubric: (rubric: readonly Criterion[]) => void;
}

const MOST_CRITERIA = 20;
const MOST_LEVELS = 10;

function replaced<Thing>(things: readonly Thing[], at: number, thing: Thing): readonly Thing[] {
  return things.map((one, index) => (index === at ? thing : one));
}

function firstLevels(): readonly Level[] {
  return [0, 1, 2].map((points) => ({ title: t(`bank.levelWord.${points as 0 | 1 | 2}`), earned_milli: points * 1000 }));
}

interface CriterionProps {
  readonly of: Criterion;
  readonly number: number;
  readonly at: string;
  readonly say: Say;
  readonly onChange: (changed: Criterion) => void;
  readonly onRemove: () => void;
}

function CriterionFields({ of, number, at, say, onChange, onRemove }: CriterionProps) {
  const level = (index: number, change: Partial<Level>) => {
    const old = of.levels[index];
    if (old) onChange({ ...of, levels: replaced(of.levels, index, { ...old, ...change }) });
  };
  return (
    <li class="criterion">
      <div class="row criterion-head">
        <div class="sp">
          <TextField label={t("bank.criterion", { number })} value={of.title} onValue={(title) => onChange({ ...of, title })} maxLength={500} dir="auto" fault={say(`${at}/title`)} />
        </div>
        <IconButton icon="bin" label={t("bank.removeCriterion", { number })} onClick={onRemove} />
      </div>
      <ul class="level-rows">
        {of.levels.map((one, index) => (
          <li key={index}>
            <div class="sp">
              <TextField quiet label={t("bank.levelTitle", { number: index + 1 })} value={one.title} onValue={(title) => level(index, { title })} maxLength={500} dir="auto" fault={say(`${at}/levels/${index}/title`)} />
            </div>
            <div class="points">
              <TextField
                quiet
                type="number"
                min={0}
                max={1000}
                step="any"
                label={t("bank.levelPoints", { number: index + 1 })}
                value={String(one.earned_milli / 1000)}
                onValue={(points) => level(index, { earned_milli: Math.round(Number(points) * 1000) || 0 })}
              />
            </div>
            <IconButton small icon="x" label={t("bank.removeLevel", { number: index + 1 })} disabled={of.levels.length === 1} onClick={() => onChange({ ...of, levels: of.levels.toSpliced(index, 1) })} />
          </li>
        ))}
      </ul>
      {say(`${at}/levels`) && <p class="err">{say(`${at}/levels`)}</p>}
      {of.levels.length < MOST_LEVELS && (
        <Button size="s" look="ghost" icon="plus" onClick={() => onChange({ ...of, levels: [...of.levels, { title: "", earned_milli: 0 }] })}>
          {t("bank.addLevel")}
        </Button>
      )}
    </li>
  );
}

export function RubricFields({ rubric, say, onRubric }: Props) {
  const add = () => onRubric([...rubric, { id: freshId("c", rubric.map(({ id }) => id)), title: "", levels: firstLevels() }]);
  return (
    <fieldset class="field">
      <legend>{t("bank.rubric")}</legend>
      <p class="hint">{t("bank.rubricHint")}</p>
      <ol class="criteria">
        {rubric.map((one, index) => (
          <CriterionFields
            key={one.id}
            of={one}
            number={index + 1}
            at={`/key/rubric/${index}`}
            say={say}
            onChange={(changed) => onRubric(replaced(rubric, index, changed))}
            onRemove={() => onRubric(rubric.toSpliced(index, 1))}
          />
        ))}
      </ol>
      {rubric.length < MOST_CRITERIA && (
        <Button size="s" icon="plus" onClick={add}>
          {t("bank.addCriterion")}
        </Button>
      )}
    </fieldset>
  );
}
