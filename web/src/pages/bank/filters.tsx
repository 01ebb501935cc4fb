/** Narrows the bank: by words, kind, skill, tag, level, language and state; kept in the address. */
import { useEffect, useState } from "preact/hooks";
import { address, go } from "../../core/location";
import type { BankFilter } from "../../core/teaching";
import { t } from "../../i18n";
import type { BankWords } from "../../protocol/api";
import { Button } from "../../ui/button";
import { SelectField, TextField } from "../../ui/form";
import { KINDS, STATES } from "./draft";

const PAUSE_MS = 300;
const NAMES = ["q", "kind", "skill", "tag", "level", "language", "state"] as const satisfies readonly (keyof BankFilter)[];

/** What the address asks for. */
export function filterOf(path: string): BankFilter {
  const asked = new URLSearchParams(path.split("?")[1] ?? "");
  return Object.fromEntries(NAMES.map((name) => [name, asked.get(name) ?? ""])) as unknown as BankFilter;
}

function show(filter: BankFilter): void {
  const said = Object.entries(filter).filter(([, value]) => value !== "");
  const path = address.value.split("?")[0] ?? "/";
  go(said.length > 0 ? `${path}?${new URLSearchParams(said).toString()}` : path, { replace: true });
}

export function isNarrow(filter: BankFilter): boolean {
  return NAMES.some((name) => filter[name] !== "");
}

export function clearFilter(): void {
  show(filterOf(""));
}

function Search({ filter }: { readonly filter: BankFilter }) {
  const [written, setWritten] = useState(filter.q);
  useEffect(() => setWritten(filter.q), [filter.q]);
  useEffect(() => {
    if (written === filter.q) return;
    const timer = setTimeout(() => show({ ...filter, q: written }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  return <TextField quiet type="search" label={t("bank.search")} placeholder={t("bank.search")} value={written} onValue={setWritten} maxLength={200} dir="auto" />;
}

function counted(words: Readonly<Record<string, number>> | undefined): readonly { readonly value: string; readonly label: string }[] {
  return Object.entries(words ?? {}).map(([value, count]) => ({ value, label: t("bank.wordCount", { word: value, count }) }));
}

interface Props {
  readonly filter: BankFilter;
  readonly words: BankWords | null;
}

export function Filters({ filter, words }: Props) {
  const [open, setOpen] = useState(() => isNarrow({ ...filter, q: "" }));
  const all = { value: "", label: t("bank.any") };
  const set = (name: keyof BankFilter) => (value: string) => show({ ...filter, [name]: value });
  return (
    <div class="bank-filters">
      <div class="row bank-search">
        <div class="sp">
          <Search filter={filter} />
        </div>
        <Button aria-expanded={open} aria-controls="bank-narrow" onClick={() => setOpen(!open)}>
          {t("bank.filters")}
        </Button>
      </div>
      {open && (
        <div class="bank-narrow" id="bank-narrow">
          <SelectField label={t("bank.kind")} value={filter.kind} onValue={set("kind")} options={[all, ...KINDS.map((kind) => ({ value: kind, label: t(`bank.kind.${kind}`) }))]} />
          <SelectField label={t("bank.skill")} value={filter.skill} onValue={set("skill")} options={[all, ...counted(words?.skills)]} />
          <SelectField label={t("bank.tag")} value={filter.tag} onValue={set("tag")} options={[all, ...counted(words?.tags)]} />
          <SelectField label={t("bank.level")} value={filter.level} onValue={set("level")} options={[all, ...counted(words?.levels)]} />
          <SelectField label={t("bank.language")} value={filter.language} onValue={set("language")} options={[all, ...counted(words?.languages)]} />
          <SelectField label={t("bank.state")} value={filter.state} onValue={set("state")} options={[all, ...STATES.map((state) => ({ value: state, label: t(`bank.state.${state}`) }))]} />
        </div>
      )}
      {isNarrow(filter) && (
        <Button look="ghost" size="s" icon="x" onClick={clearFilter}>
          {t("bank.clear")}
        </Button>
      )}
    </div>
  );
}
