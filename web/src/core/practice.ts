/** What a learner asks of the tutor, and a teacher of the skills of a class, one function a wish. */
import type {
  Assigned,
  AssignmentLine,
  MySkills,
  NewAssignment,
  NewReport,
  NextLesson,
  PlacementAnswer,
  PlacementStep,
  Practice,
  PracticeItem,
  PracticeSummary,
  Report,
  SkillMap,
  Verdict,
} from "../protocol/api";
import { api } from "./api";
import type { Entry, Held } from "./journal";
import { whole } from "./school";

type Signal = AbortSignal | undefined;

/** A lesson of the tutor as this browser knows it: enough to finish it without a link. */
export interface KeptLesson extends Held {
  /** Under which it was asked for: names its lock, too. */
  readonly key: string;
  readonly course: string;
  readonly items: readonly PracticeItem[];
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

/** A page that shows a lesson holds its lock: another page takes another lesson. */
export function lockOfLesson(key: string): string {
  return `lectern.practice.${key}`;
}

export const practice = {
  /** The same key again is the same lesson again. */
  next: (course: string, idempotencyKey: string) => api.post<NextLesson>(`/courses/${course}/next`, undefined, { idempotencyKey }),
  get: (id: string, signal?: Signal) => api.get<Practice>(`/practice/${id}`, signal ? { signal } : {}),
  /** Goes out once: a lesson has its own patience. */
  save: async ({ attempt, item, seq, value }: Entry): Promise<Verdict> =>
    (await api.call<Verdict>("PUT", `/practice/${attempt}/answers/${item}`, { body: { seq, value }, tries: 1 })).data,
  finish: (id: string) => api.post<PracticeSummary>(`/practice/${id}/finish`, undefined),
  report: (id: string, item: string, body: NewReport) => api.post<Report>(`/practice/${id}/items/${item}/reports`, body),
};

export const placement = {
  start: (course: string) => api.post<PlacementStep>(`/courses/${course}/placement`, undefined),
  answer: async (id: string, item: string, body: PlacementAnswer) =>
    (await api.call<PlacementStep>("PUT", `/placements/${id}/answers/${item}`, { body })).data,
};

export const skills = {
  mine: (course: string, signal?: Signal) => api.get<MySkills>(`/courses/${course}/skills/mine`, signal ? { signal } : {}),
  map: (course: string, signal?: Signal) => api.get<SkillMap>(`/courses/${course}/skills`, signal ? { signal } : {}),
  assignments: (course: string, signal?: Signal) => whole<AssignmentLine>(`/courses/${course}/assignments`, signal),
  /** With all that were given in the same wish. */
  takeBack: (course: string, assignment: string) => api.delete(`/courses/${course}/assignments/${assignment}`),
  assign: (course: string, body: NewAssignment) => api.post<Assigned>(`/courses/${course}/assignments`, body),
};
