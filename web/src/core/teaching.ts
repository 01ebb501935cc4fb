/** What the pages of a teacher ask of the school: the bank, the assessments, the marks, the gradebook. */
import type {
  Accommodation,
  AccommodationChange,
  Assessment,
  AssessmentChange,
  AssessmentLine,
  AttemptLine,
  BankWords,
  Board,
  Extended,
  Extension,
  Gradebook,
  GradebookSettings,
  ItemStatistics,
  Mark,
  MarkBody,
  NewAssessment,
  NewQuestion,
  Page,
  Question,
  QuestionChange,
  QuestionImport,
  QuestionLine,
  Regrade,
  RegradeBody,
  RegradePreview,
  Released,
  Script,
} from "../protocol/api";
import { api, type Answer, type Call } from "./api";
import { change, listed, whole } from "./school";

type Signal = AbortSignal | undefined;

export const READY_MOST = 1000;
const ATTEMPTS_MAX_PAGES = 50;

/** What a list of the bank is narrowed by; what is empty narrows nothing. */
export interface BankFilter {
  readonly q: string;
  readonly kind: string;
  readonly skill: string;
  readonly tag: string;
  readonly level: string;
  readonly language: string;
  readonly state: string;
}

function until(signal: Signal): Call {
  return signal ? { signal } : {};
}

function narrowed(filter: Partial<BankFilter>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ""));
}

function csv(value: string): Call {
  return { text: { type: "text/csv; charset=utf-8", value } };
}

export const bank = {
  page: (course: string, filter: Partial<BankFilter>, cursor: string | null, signal?: Signal): Promise<Page<QuestionLine>> =>
    listed(`/courses/${course}/questions`, cursor, signal, narrowed(filter)),
  /** What an exam may ask; of a very large bank the first `READY_MOST`. */
  ready: (course: string, signal?: Signal) => whole<QuestionLine>(`/courses/${course}/questions`, signal, { more: { state: "published" } }),
  words: (course: string, signal?: Signal) => api.get<BankWords>(`/courses/${course}/questions/words`, until(signal)),
  get: (id: string, signal?: Signal): Promise<Answer<Question>> => api.call<Question>("GET", `/questions/${id}`, until(signal)),
  version: (id: string, version: number, signal?: Signal) => api.get<Question>(`/questions/${id}?version=${version}`, until(signal)),
  create: (course: string, body: NewQuestion) => api.post<Question>(`/courses/${course}/questions`, body),
  change: (id: string, body: QuestionChange, etag?: string) => change<Question>(`/questions/${id}`, body, etag),
  retire: (id: string) => api.delete(`/questions/${id}`),
  importCsv: (course: string, text: string) => api.post<QuestionImport>(`/courses/${course}/questions/import`, undefined, csv(text)),
  exportCsv: (course: string) => api.get<string>(`/courses/${course}/questions/export`, { reads: "text" }),
};

export const assessments = {
  all: (course: string, signal?: Signal) => whole<AssessmentLine>(`/courses/${course}/assessments`, signal),
  get: (id: string, signal?: Signal): Promise<Answer<Assessment>> => api.call<Assessment>("GET", `/assessments/${id}`, until(signal)),
  create: (course: string, body: NewAssessment) => api.post<Assessment>(`/courses/${course}/assessments`, body),
  change: (id: string, body: AssessmentChange, etag?: string) => change<Assessment>(`/assessments/${id}`, body, etag),
  publish: (id: string) => api.post<Assessment>(`/assessments/${id}/publish`),
  archive: (id: string) => api.post<Assessment>(`/assessments/${id}/archive`),
  accommodations: (id: string, signal?: Signal) => whole<Accommodation>(`/assessments/${id}/accommodations`, signal),
  accommodate: async (id: string, user: string, body: AccommodationChange) =>
    (await api.call<Accommodation>("PUT", `/assessments/${id}/accommodations/${user}`, { body })).data,
  board: (id: string, signal?: Signal) => api.get<Board>(`/assessments/${id}/board`, until(signal)),
  extend: (id: string, body: Extension) => api.post<Extended>(`/assessments/${id}/extend`, body),
  release: (id: string) => api.post<Released>(`/assessments/${id}/release`),
  items: (id: string, signal?: Signal) => whole<ItemStatistics>(`/assessments/${id}/items`, signal),
  previewRegrade: (id: string, body: RegradeBody) => api.post<RegradePreview>(`/assessments/${id}/regrades/preview`, body),
  regrade: (id: string, body: RegradeBody) => api.post<Regrade>(`/assessments/${id}/regrades`, body),
  regradeState: (id: string, signal?: Signal) => api.get<Regrade>(`/regrades/${id}`, until(signal)),
};

export const marking = {
  attempts: (assessment: string, signal?: Signal) => whole<AttemptLine>(`/assessments/${assessment}/attempts`, signal, { maxPages: ATTEMPTS_MAX_PAGES }),
  script: (attempt: string, signal?: Signal) => api.get<Script>(`/attempts/${attempt}/script`, until(signal)),
  mark: async (attempt: string, item: string, body: MarkBody) =>
    (await api.call<Mark>("PUT", `/attempts/${attempt}/marks/${item}`, { body })).data,
  countLate: (attempt: string, count: boolean) => api.post<AttemptLine>(`/attempts/${attempt}/late`, { count }),
};

export const gradebook = {
  get: (course: string, signal?: Signal): Promise<Answer<Gradebook>> =>
    api.call<Gradebook>("GET", `/courses/${course}/gradebook`, until(signal)),
  change: (course: string, body: GradebookSettings, etag: string | undefined): Promise<Answer<Gradebook>> =>
    api.call<Gradebook>("PUT", `/courses/${course}/gradebook/settings`, { body, ifMatch: etag }),
  exportCsv: (course: string) => api.get<string>(`/courses/${course}/gradebook/export`, { reads: "text" }),
};
