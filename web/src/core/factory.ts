/** What the pages ask of the content factory: jobs, reviews, stock, figures. */
import type {
  Budget,
  FactoryDashboard,
  Generation,
  NewGeneration,
  Page,
  ProvenanceCard,
  Recalled,
  RecalledUse,
  QualityLine,
  Review,
  ReviewBody,
  Reviewed,
  ReviewLine,
  ReviewStanding,
  SchoolSettings,
  Similar,
  StockLine,
  StockMark,
} from "../protocol/api";
import { api, type Call } from "./api";
import { whole } from "./school";

type Signal = AbortSignal | undefined;

const QUEUE_SIZE = 100;

function until(signal: Signal): Call {
  return signal ? { signal } : {};
}

export const generation = {
  ask: (body: NewGeneration, key: string) => api.post<Generation>("/generation-jobs", body, { idempotencyKey: key }),
  get: (id: string, signal?: Signal) => api.get<Generation>(`/generation-jobs/${id}`, until(signal)),
  ofCourse: async (course: string, signal?: Signal) =>
    (await api.get<Page<Generation>>(`/generation-jobs?course_id=${course}&limit=30`, until(signal))).items,
  cancel: (id: string) => api.post<Generation>(`/generation-jobs/${id}/cancel`),
  recalled: (id: string, signal?: Signal) => api.get<Recalled>(`/generation-jobs/${id}/recall`, until(signal)),
  uses: (id: string, signal?: Signal) => whole<RecalledUse>(`/generation-jobs/${id}/recall/uses`, signal, { maxPages: 5 }),
  recall: (id: string, reason: string) => api.post<Generation>(`/generation-jobs/${id}/recall`, { reason }),
};

export const reviews = {
  queue: (signal?: Signal) => api.get<Page<ReviewLine>>(`/reviews?limit=${QUEUE_SIZE}`, until(signal)),
  get: (id: string, signal?: Signal) => api.get<Review>(`/reviews/${id}`, until(signal)),
  standing: (signal?: Signal) => api.get<ReviewStanding>("/review-standing", until(signal)),
  decide: (id: string, body: ReviewBody) => api.post<Reviewed>(`/reviews/${id}`, body),
};

export const factory = {
  dashboard: (days: number, signal?: Signal) => api.get<FactoryDashboard>(`/factory?days=${days}`, until(signal)),
  setBudget: async (tokens: number) => (await api.call<Budget>("PUT", "/generation-budget", { body: { tokens_limit: tokens } })).data,
  settings: (signal?: Signal) => api.get<SchoolSettings>("/school-settings", until(signal)),
  setSettings: async (settings: SchoolSettings) => (await api.call<SchoolSettings>("PUT", "/school-settings", { body: settings })).data,
  card: (question: string, signal?: Signal) => api.get<ProvenanceCard>(`/questions/${question}/card`, until(signal)),
  similar: (question: string, signal?: Signal) => api.get<Similar>(`/questions/${question}/similar`, until(signal)),
  stock: (course: string, signal?: Signal) => whole<StockLine>(`/courses/${course}/stock`, signal),
  setStock: async (course: string, mark: StockMark) => (await api.call<StockLine>("PUT", `/courses/${course}/stock`, { body: mark })).data,
  quality: (course: string, signal?: Signal) => whole<QualityLine>(`/courses/${course}/quality`, signal, { maxPages: 5 }),
  release: (question: string) => api.post<unknown>(`/questions/${question}/release`),
};
