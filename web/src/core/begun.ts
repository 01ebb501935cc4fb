/** The lessons of the tutor that were begun in this browser and are not over, by course. */
import * as drafts from "./drafts";
import { me } from "./session";

/** `id` is null until the school answered. */
export interface Begun {
  readonly key: string;
  readonly id: string | null;
  readonly atMs: number;
}

/** What was chosen for a learner is stale after half a day. */
const STALE_MS = 12 * 3_600_000;
const BEGUN_MOST = 5;

function nameOf(course: string): string {
  return `practice.${me.value?.user.id ?? ""}.${course}`;
}

/** The latest first. */
export function begunIn(course: string): readonly Begun[] {
  const all = drafts.kept<readonly Begun[]>(nameOf(course)) ?? [];
  return all.filter(({ atMs }) => Date.now() - atMs < STALE_MS);
}

export function note(course: string, begun: Begun): void {
  const others = begunIn(course).filter(({ key }) => key !== begun.key);
  drafts.keep(nameOf(course), [begun, ...others].slice(0, BEGUN_MOST));
}

export function strike(course: string, key: string): void {
  const others = begunIn(course).filter((one) => one.key !== key);
  if (others.length > 0) drafts.keep(nameOf(course), others);
  else drafts.drop(nameOf(course));
}

/** Whether there is a lesson here to go on with. */
export function hasBegun(course: string): boolean {
  return begunIn(course).some(({ id }) => id !== null);
}
