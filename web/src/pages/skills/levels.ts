/** What figures of skill and memory mean to people; pure. */
import type { AssignmentLine, LearnerSkills, Skill, SkillChange, SkillMap } from "../../protocol/api";

export const LEVELS = ["begun", "growing", "steady", "strong"] as const;
export type Level = (typeof LEVELS)[number];

/** From these strengths on: the chance, in thousandths, of being right at an item of middling difficulty. */
const GROWING_MILLI = 600;
const STEADY_MILLI = 750;
const STRONG_MILLI = 880;
/** A change below this is none that a person would notice. */
const NOTICED_MILLI = 10;
/** Recalled less surely than this, a skill is about to be forgotten. */
const FADING_MILLI = 800;

/** The same as shares, for the words under the map. */
export const FROM = { growing: GROWING_MILLI / 1000, steady: STEADY_MILLI / 1000, strong: STRONG_MILLI / 1000 };

export function levelOf(milli: number): Level {
  if (milli >= STRONG_MILLI) return "strong";
  if (milli >= STEADY_MILLI) return "steady";
  return milli >= GROWING_MILLI ? "growing" : "begun";
}

export type Turn = "up" | "stronger" | "same" | "weaker";

/** What a lesson did to a skill: a level more, a little more, as before, or something to come back to. */
export function turnOf({ before_milli: before, after_milli: after }: SkillChange): Turn {
  if (LEVELS.indexOf(levelOf(after)) > LEVELS.indexOf(levelOf(before))) return "up";
  if (after - before >= NOTICED_MILLI) return "stronger";
  return before - after >= NOTICED_MILLI ? "weaker" : "same";
}

export function isDue({ due_at: due, recall_milli: recall, answered }: Skill, now: number): boolean {
  return answered > 0 && (due !== null ? Date.parse(due) <= now : recall < FADING_MILLI);
}

/** What wants a look first, then the weakest. */
export function byNeed(all: readonly Skill[], now: number): readonly Skill[] {
  return all.toSorted((one, other) => Number(isDue(other, now)) - Number(isDue(one, now)) || one.strength_milli - other.strength_milli);
}

/** Who is stuck on most comes first, then who is weakest where they are stuck; the others by name. */
export function stuckFirst(learners: readonly LearnerSkills[], locale: string): readonly LearnerSkills[] {
  const weakest = ({ stuck, skills }: LearnerSkills) => Math.min(1000, ...skills.filter(({ skill }) => stuck.includes(skill)).map((one) => one.strength_milli));
  return learners.toSorted(
    (one, other) => other.stuck.length - one.stuck.length || weakest(one) - weakest(other) || one.name.localeCompare(other.name, locale),
  );
}

export interface Stuck {
  readonly skill: string;
  readonly learners: readonly LearnerSkills[];
}

/** Skills that hold up somebody, those that hold up most first. */
export function stuckSkills({ skills, learners }: SkillMap): readonly Stuck[] {
  return skills
    .map((skill) => ({ skill, learners: learners.filter(({ stuck }) => stuck.includes(skill)) }))
    .filter((one) => one.learners.length > 0)
    .toSorted((one, other) => other.learners.length - one.learners.length);
}

/** Practice that was given in one wish, to whomever. */
export interface Wished {
  readonly id: string;
  readonly skill: string;
  readonly items: number;
  readonly at: string;
  readonly lines: readonly AssignmentLine[];
}

/** The newest first, as they come. */
export function wishes(lines: readonly AssignmentLine[]): readonly Wished[] {
  const found = new Map<string, AssignmentLine[]>();
  for (const line of lines) {
    const key = `${line.created_at} ${line.items} ${line.skill}`;
    found.set(key, [...(found.get(key) ?? []), line]);
  }
  return [...found.values()].flatMap((all) => all.slice(0, 1).map(({ id, skill, items, created_at: at }) => ({ id, skill, items, at, lines: all })));
}

export function skillIn({ skills }: LearnerSkills, skill: string): Skill | null {
  return skills.find((one) => one.skill === skill) ?? null;
}
