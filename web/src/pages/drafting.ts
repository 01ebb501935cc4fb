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

export function useDrafting<Draft>(name: string, start: Draft, etag?: string): Drafting<Draft> {
  const [before] = useState(() => kept<Kept<Draft>>(name));
  const [draft, setDraft] = useState<Draft>(before?.draft ?? start);
  const basis = useRef(before ? before.basis : etag);
  const changed = JSON.stringify(draft) !== JSON.stringify(start);
  useEffect(() => {
    if (changed) keep(name, { draft, basis: basis.current });
    else drop(name);
  }, [name, draft, changed]);
  return { draft, setDraft, changed, basis, forget: () => drop(name) };
}
