/** What is being written, kept over a reload together with the version that it began from. */
import { useEffect, useRef, useState } from "preact/hooks";
import { drop, keep, kept } from "../core/drafts";

interface Kept<Draft> {
  readonly draft: Draft;
  /** The ETag of what the writer saw: a change that came later is refused, not written over. */
  readonly basis: string | undefined;
}

export interface Drafting<Draft> {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly changed: boolean;
  readonly basis: { current: string | undefined };
  /** It is saved, or given up. */
  readonly forget: () => void;
}

function same<Draft>(one: Draft, other: Draft): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function useDrafting<Draft>(name: string, start: Draft, etag?: string): Drafting<Draft> {
  const [before] = useState(() => kept<Kept<Draft>>(name));
  const [draft, setShown] = useState<Draft>(before?.draft ?? start);
  const basis = useRef(before ? before.basis : etag);
  const changed = !same(draft, start);
  // Kept at once, not after the next drawing: a reload may come before it.
  const setDraft = (next: Draft) => {
    setShown(next);
    keep(name, { draft: next, basis: basis.current });
  };
  useEffect(() => {
    if (!changed) drop(name);
  }, [name, changed]);
  return { draft, setDraft, changed, basis, forget: () => drop(name) };
}
