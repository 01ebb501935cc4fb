/** An attempt as it comes into a page: from the school or from this browser, with the newest of what both have; pure. */
import type { OpenAttempt, SavedAnswer, User } from "../protocol/api";
import { isNewer, type Entry, type Kept, type Value } from "./journal";

/** How the attempt came into this page. */
export type Coming =
  /** From the school, which was asked then. */
  | { readonly sentMs: number }
  /** From this browser; whether an opening was asked for that nobody answered. */
  | { readonly mayHaveOpened: boolean };

/** The newest of what the school has and what waits here. */
export function newest(saved: Readonly<Record<string, SavedAnswer>>, entries: readonly Entry[]): Readonly<Record<string, Value>> {
  const best = new Map<string, SavedAnswer>(Object.entries(saved));
  for (const entry of entries) {
    const known = best.get(entry.item);
    if (!known || isNewer(entry, known)) best.set(entry.item, entry);
  }
  return Object.fromEntries([...best].map(([item, { value }]) => [item, value]));
}

export function fresh(paper: OpenAttempt, user: User, before: Kept | null, endsAtWallMs: number): Kept {
  return {
    id: paper.id,
    assessment: paper.assessment_id,
    user,
    paper,
    opening: paper.opening,
    lastSeq: 0,
    ackedSeq: 0,
    saved: paper.answers,
    flags: before?.flags ?? [],
    at: before?.at ?? 0,
    endsAtWallMs,
  };
}
