/** What a learner asks of the school about exams, one function a wish. */
import type {
  AnswerAck,
  AssessmentForMe,
  AttemptView,
  Beat,
  BeatAnswer,
  OpenAttempt,
  Receipt,
  Result,
  Submit,
} from "../protocol/api";
import { api } from "./api";
import type { Entry } from "./journal";

type Signal = AbortSignal | undefined;

export const exams = {
  /** `seen` is the version that the caller has seen already: nothing older comes back. */
  mine: (id: string, seen: string | null = null, signal?: Signal) =>
    api.get<AssessmentForMe>(`/assessments/${id}/mine${seen === null ? "" : `?seen=${encodeURIComponent(seen)}`}`, signal ? { signal } : {}),
  start: (id: string, password = "") => api.post<OpenAttempt>(`/assessments/${id}/attempts`, { password }),
  view: (attempt: string, signal?: Signal) => api.get<AttemptView>(`/attempts/${attempt}`, signal ? { signal } : {}),
  result: (attempt: string, signal?: Signal) => api.get<Result>(`/attempts/${attempt}/result`, signal ? { signal } : {}),
};

/** How an attempt speaks with the school: each wish goes out once, because the attempt has its own patience. */
export interface AttemptWire {
  save(entry: Entry): Promise<AnswerAck>;
  beat(attempt: string, body: Beat): Promise<BeatAnswer>;
  open(assessment: string): Promise<OpenAttempt>;
  view(attempt: string): Promise<AttemptView>;
  submit(attempt: string, body: Submit): Promise<Receipt>;
}

export const wire: AttemptWire = {
  save: async ({ attempt, item, opening, seq, value }) =>
    (await api.call<AnswerAck>("PUT", `/attempts/${attempt}/answers/${item}`, { body: { opening, seq, value }, tries: 1 })).data,
  beat: async (attempt, body) => (await api.call<BeatAnswer>("POST", `/attempts/${attempt}/beat`, { body, tries: 1 })).data,
  open: async (assessment) => (await api.call<OpenAttempt>("POST", `/assessments/${assessment}/attempts`, { body: {}, tries: 1 })).data,
  view: async (attempt) => (await api.call<AttemptView>("GET", `/attempts/${attempt}`, { tries: 1 })).data,
  submit: async (attempt, body) => (await api.call<Receipt>("POST", `/attempts/${attempt}/submit`, { body, tries: 1 })).data,
};
