/** One icon of the set, drawn in the colour of the text beside it. */
import { ICONS, type IconName } from "./icons";

interface Props {
  readonly name: IconName;
  /** `s` or `l` for its size; `mir` where it is turned round on pages that read from right to left. */
  readonly class?: string;
}

export function Icon({ name, class: more = "" }: Props) {
  const [stroked, filled] = ICONS[name] as readonly [string, string?];
  return (
    <svg class={`i ${more}`.trim()} viewBox="0 0 24 24" aria-hidden="true" fill="none">
      <path d={stroked} stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" />
      {filled && <path d={filled} fill="currentColor" />}
    </svg>
  );
}

/** The mark of the house. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M7.5 15.5 21 8.5l3.5 4.5L11 20z" fill="var(--on-accent)" />
      <path d="M16 18v6.5M11.5 24.5h9" stroke="var(--on-accent)" stroke-width="2.4" stroke-linecap="round" />
    </svg>
  );
}
