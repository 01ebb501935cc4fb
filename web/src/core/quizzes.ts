/** What a class asks of the school about its quick quizzes. */
import type { Page, QuestionLine, Quiz, QuizAck, QuizAnswerBody } from "../protocol/api";
import { api } from "./api";

type Signal = AbortSignal | undefined;

/** Of these nobody but a person can say whether they are right. */
const BY_HAND: ReadonlySet<string> = new Set(["essay", "file_upload"]);

export const quizzes = {
  get: (id: string, signal?: Signal) => api.get<Quiz>(`/quizzes/${id}`, signal ? { signal } : {}),
  answer: async (id: string, body: QuizAnswerBody) => (await api.call<QuizAck>("PUT", `/quizzes/${id}/answers`, { body })).data,
  pose: (live: string, question: string, key: string) =>
    api.post<Quiz>(`/classes/${live}/quizzes`, { question_id: question }, { idempotencyKey: key }),
  reveal: (id: string) => api.post<Quiz>(`/quizzes/${id}/reveal`),
  /** Items of the bank that can be posed, by words of their title or text. */
  async choices(course: string, words: string, signal?: Signal): Promise<readonly QuestionLine[]> {
    const query = new URLSearchParams({ state: "published", limit: "50", ...(words.trim() && { q: words.trim() }) });
    const found = await api.get<Page<QuestionLine>>(`/courses/${course}/questions?${query}`, signal ? { signal } : {});
    return found.items.filter(({ kind }) => !BY_HAND.has(kind));
  },
};
