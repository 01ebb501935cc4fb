/** Categories, their weights and what they leave out; letters and where they begin. */
import { useState } from "preact/hooks";
import { Refused } from "../../core/errors";
import { gradebook } from "../../core/teaching";
import { t } from "../../i18n";
import type { Category, Gradebook, GradebookSettings, Letter } from "../../protocol/api";
import { Button, IconButton } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FormActs, FormFault, TextField } from "../../ui/form";
import { freshId } from "../bank/draft";
import { useSubmitting } from "../submitting";
import { faultsOf, type What } from "./cells";

interface Props {
  readonly courseId: string;
  readonly settings: GradebookSettings;
  readonly etag: string | undefined;
  readonly onSaved: (book: Gradebook, etag: string | undefined) => void;
  readonly onClose: () => void;
}

type Say = (pointer: string) => string | undefined;

function replaced<Thing>(things: readonly Thing[], at: number, change: Partial<Thing>): readonly Thing[] {
  return things.map((one, index) => (index === at ? { ...one, ...change } : one));
}

function Categories({ of, say, onChange }: { readonly of: readonly Category[]; readonly say: Say; readonly onChange: (of: readonly Category[]) => void }) {
  return (
    <fieldset class="field">
      <legend>{t("gradebook.categories")}</legend>
      <p class="hint">{t("gradebook.categoriesHint")}</p>
      <ul class="book-rows">
        {of.map((one, index) => (
          <li key={one.id}>
            <TextField label={t("gradebook.name")} value={one.title} onValue={(title) => onChange(replaced(of, index, { title }))} maxLength={100} dir="auto" fault={say(`/categories/${index}/title`)} />
            <TextField type="number" min={0} label={t("gradebook.weight")} value={String(one.weight)} onValue={(value) => onChange(replaced(of, index, { weight: Math.round(Number(value)) }))} fault={say(`/categories/${index}/weight`)} />
            <TextField type="number" min={0} label={t("gradebook.dropLowest")} value={String(one.drop_lowest)} onValue={(value) => onChange(replaced(of, index, { drop_lowest: Math.round(Number(value)) }))} fault={say(`/categories/${index}/drop_lowest`)} />
            <IconButton icon="bin" label={t("gradebook.removeCategory", { title: one.title })} onClick={() => onChange(of.toSpliced(index, 1))} />
          </li>
        ))}
      </ul>
      <div>
        <Button size="s" icon="plus" onClick={() => onChange([...of, { id: freshId("k", of.map(({ id }) => id)), title: "", weight: 1, drop_lowest: 0 }])}>
          {t("gradebook.addCategory")}
        </Button>
      </div>
    </fieldset>
  );
}

function Letters({ of, say, onChange }: { readonly of: readonly Letter[]; readonly say: Say; readonly onChange: (of: readonly Letter[]) => void }) {
  return (
    <fieldset class="field">
      <legend>{t("gradebook.letters")}</legend>
      <ul class="book-rows letters">
        {of.map((one, index) => (
          <li key={index}>
            <TextField label={t("gradebook.letter")} value={one.letter} onValue={(letter) => onChange(replaced(of, index, { letter }))} maxLength={10} dir="auto" fault={say(`/letters/${index}/letter`)} />
            <TextField type="number" min={0} max={100} label={t("gradebook.fromPercent")} value={String(one.from_percent)} onValue={(value) => onChange(replaced(of, index, { from_percent: Math.round(Number(value)) }))} fault={say(`/letters/${index}/from_percent`)} />
            <IconButton icon="bin" label={t("gradebook.removeLetter", { letter: one.letter })} onClick={() => onChange(of.toSpliced(index, 1))} />
          </li>
        ))}
      </ul>
      <div>
        <Button size="s" icon="plus" onClick={() => onChange([...of, { letter: "", from_percent: 0 }])}>
          {t("gradebook.addLetter")}
        </Button>
      </div>
    </fieldset>
  );
}

export function SettingsDialog({ courseId, settings, etag, onSaved, onClose }: Props) {
  const [draft, setDraft] = useState<Required<GradebookSettings>>({ categories: settings.categories ?? [], letters: settings.letters ?? [] });
  const [newest, setNewest] = useState(etag);
  const [faults, setFaults] = useState<ReadonlyMap<string, What>>(new Map());
  const { busy, fault, refusal, submit } = useSubmitting();
  const say = (pointer: string) => {
    const what = faults.get(pointer);
    return what ? t(`gradebook.fault.${what}`) : refusal?.faultOf(pointer) && t("error.field");
  };
  const save = async () => {
    try {
      const { data, etag: fresh } = await gradebook.change(courseId, draft, newest);
      onSaved(data, fresh);
      onClose();
    } catch (error) {
      // The words stay in the dialog; the next save is on top of what the other person wrote.
      if (error instanceof Refused && error.status === 412) setNewest((await gradebook.get(courseId)).etag);
      throw error;
    }
  };
  return (
    <Dialog title={t("gradebook.settings")} onClose={onClose} wide>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const found = faultsOf(draft);
          setFaults(found);
          if (found.size === 0) void submit(save);
        }}
      >
        <Categories of={draft.categories} say={say} onChange={(categories) => setDraft({ ...draft, categories })} />
        <Letters of={draft.letters} say={say} onChange={(letters) => setDraft({ ...draft, letters })} />
        <FormFault says={fault} />
        <FormActs action={t("common.save")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
