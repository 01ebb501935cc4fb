/** Gives practice of a skill to learners: whom, how much, and, before it is done, what they will see. */
import { useState } from "preact/hooks";
import { skills } from "../../core/practice";
import { t } from "../../i18n";
import type { SkillMap } from "../../protocol/api";
import { Dialog } from "../../ui/dialog";
import { CheckBoxes, FormActs, FormFault, SelectField, TextField } from "../../ui/form";
import { toast } from "../../ui/toast";
import { useSubmitting } from "../submitting";
import { takeBack } from "./assigned";

export type Whom = "everybody" | "stuck" | "some";

/** What the dialog begins with. */
export interface Wish {
  readonly skill: string;
  readonly whom: Whom;
}

interface Props {
  readonly course: string;
  readonly map: SkillMap;
  readonly wish: Wish;
  readonly onClose: () => void;
  readonly onAssigned: () => void;
}

const ITEMS = 5;
const ITEMS_MOST = 40;

export function AssignDialog({ course, map, wish, onClose, onAssigned }: Props) {
  const [skill, setSkill] = useState(wish.skill);
  const [whom, setWhom] = useState<Whom>(wish.whom);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [items, setItems] = useState(String(ITEMS));
  const [lacks, setLacks] = useState(false);
  const { busy, fault, submit } = useSubmitting();
  const stuck = map.learners.filter((one) => one.stuck.includes(skill)).map(({ user_id: id }) => id);
  const users = whom === "everybody" ? [] : whom === "stuck" ? stuck : chosen;
  const count = Math.round(Number(items));
  const options = [
    { value: "everybody" as const, label: t("skills.everybody") },
    ...(stuck.length > 0 ? [{ value: "stuck" as const, label: t("skills.stuckOnly") }] : []),
    { value: "some" as const, label: t("skills.some") },
  ];
  const choose = (next: string) => {
    setSkill(next);
    if (whom === "stuck") setWhom("everybody");
  };
  const assign = async () => {
    const { learners, id } = await skills.assign(course, { skill, items: count, user_ids: users });
    toast(t("skills.assignedTo", { learners, skill }), id === null ? {} : { undo: () => void takeBack(course, id, onAssigned) });
    onAssigned();
    onClose();
  };
  return (
    <Dialog title={t("skills.assignTitle")} onClose={onClose}>
      <form
        class="stack"
        data-testid="assign-form"
        onSubmit={(event) => {
          event.preventDefault();
          const nobody = whom !== "everybody" && users.length === 0;
          setLacks(nobody);
          if (!nobody) void submit(assign);
        }}
      >
        <SelectField label={t("skills.skill")} options={map.skills.map((one) => ({ value: one, label: one }))} value={skill} onValue={choose} />
        <SelectField label={t("skills.to")} options={options} value={whom} onValue={(next) => setWhom(options.find(({ value }) => value === next)?.value ?? "everybody")} />
        {whom === "some" && (
          <div class="whom">
            <CheckBoxes
              label={t("skills.who")}
              fault={lacks ? t("skills.whoFault") : undefined}
              options={map.learners.map(({ user_id: id, name }) => ({ value: id, label: name }))}
              chosen={chosen}
              onChosen={setChosen}
            />
          </div>
        )}
        <TextField
          label={t("skills.items")}
          hint={t("skills.itemsHint")}
          type="number"
          inputMode="numeric"
          min={1}
          max={ITEMS_MOST}
          required
          value={items}
          onValue={setItems}
        />
        {count >= 1 && (whom === "everybody" || users.length > 0) && <p class="banner round">{t("skills.assignWhat", { everybody: whom === "everybody" ? "yes" : "no", count: users.length, items: count, skill })}</p>}
        <FormFault says={fault} />
        <FormActs action={t("skills.assign")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
