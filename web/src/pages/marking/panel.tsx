/** The marks of one item: levels by number keys, or points, and a comment; "saved" only after the school has it. */
import type { Ref } from "preact";
import { t } from "../../i18n";
import type { Criterion, ItemResult, Mark } from "../../protocol/api";
import { TextArea, TextField } from "../../ui/form";
import { Icon } from "../../ui/icon";
import { earned, rubricOf, type Draft } from "./queue";

export type Saving = { readonly is: "idle" | "saving" | "changed" } | { readonly is: "saved"; readonly at: string } | { readonly is: "failed"; readonly says: string };

/** The button that saves stands in the bar at the foot, which is always in view. */
export const MARK_FORM = "mark-form";

interface Props {
  readonly item: ItemResult;
  readonly draft: Draft;
  readonly round: 1 | 2;
  /** The first round, for who gives the second. */
  readonly other: Mark | null;
  readonly criterion: number;
  readonly saving: Saving;
  readonly root: Ref<HTMLFormElement>;
  readonly onDraft: (draft: Draft) => void;
  readonly onLevel: (criterion: number, level: number) => void;
  readonly onSave: () => void;
}

interface CriterionProps {
  readonly of: Criterion;
  readonly current: boolean;
  readonly chosen: number | undefined;
  readonly onLevel: (level: number) => void;
}

function CriterionLevels({ of, current, chosen, onLevel }: CriterionProps) {
  return (
    <fieldset class={current ? "crit now" : "crit"}>
      <legend dir="auto">{of.title}</legend>
      {of.levels.map((level, at) => (
        <label key={at} class="crit-level">
          <input type="radio" name={`level-${of.id}`} checked={chosen === at} onChange={() => onLevel(at)} />
          <kbd class="kbd" aria-hidden="true">
            {at + 1}
          </kbd>
          <span class="sp" dir="auto">
            {level.title}
          </span>
          <span class="num mut">{t("common.number", { value: level.earned_milli / 1000 })}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Whether what stands here is in the school: never said before its answer. */
function Said({ saving }: { readonly saving: Saving }) {
  return (
    <p class={saving.is === "failed" ? "row sm c-danger" : "row sm mut"} role="status" data-testid="mark-saved" data-state={saving.is}>
      {saving.is === "saving" && t("marking.saving")}
      {saving.is === "changed" && t("marking.notSaved")}
      {saving.is === "saved" && (
        <>
          <Icon name="check" class="s" />
          {t("marking.saved", { at: saving.at })}
        </>
      )}
      {saving.is === "failed" && saving.says}
    </p>
  );
}

export function Panel({ item, draft, round, other, criterion, saving, root, onDraft, onLevel, onSave }: Props) {
  const rubric = rubricOf(item);
  const worth = earned(item, draft);
  return (
    <form
      ref={root}
      class="mark-panel stack"
      id={MARK_FORM}
      aria-label={t("marking.mark")}
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <div class="row">
        <h2 class="sp">{t(round === 2 ? "marking.round2" : "marking.mark")}</h2>
        <b class="num mark-sum" data-testid="mark-sum">
          {worth === null ? t("marking.ofNone", { possible: item.possible_milli / 1000 }) : t("marking.of", { earned: worth / 1000, possible: item.possible_milli / 1000 })}
        </b>
      </div>
      <Said saving={saving} />
      {rubric.map((one, at) => (
        <CriterionLevels key={one.id} of={one} current={at === criterion} chosen={draft.criteria[one.id]} onLevel={(level) => onLevel(at, level)} />
      ))}
      {rubric.length === 0 && (
        <TextField
          label={t("marking.points", { possible: item.possible_milli / 1000 })}
          data-field="points"
          inputMode="decimal"
          autocomplete="off"
          dir="ltr"
          value={draft.points}
          onValue={(points) => onDraft({ ...draft, points })}
          fault={draft.points.trim() !== "" && worth === null ? t("marking.pointsFault", { possible: item.possible_milli / 1000 }) : undefined}
        />
      )}
      <TextArea label={t("marking.comment")} hint={t("marking.commentHint")} data-field="comment" rows={3} maxLength={20_000} dir="auto" value={draft.comment} onValue={(comment) => onDraft({ ...draft, comment })} />
      {other && (
        <details>
          <summary>{t("marking.firstRound", { name: other.marker_name })}</summary>
          <p class="sm">
            {t("marking.of", { earned: other.earned_milli / 1000, possible: item.possible_milli / 1000 })}
            {other.comment && (
              <>
                : <bdi>{other.comment}</bdi>
              </>
            )}
          </p>
        </details>
      )}
    </form>
  );
}
