/** What the pages ask of the school, one function a wish. */
import type {
  ClassChange,
  Course,
  CourseChange,
  CreatedUser,
  Enrolment,
  ImportReport,
  Lesson,
  LessonChange,
  LiveClass,
  NewClass,
  NewCourse,
  NewEnrolment,
  NewLesson,
  NewUser,
  Page,
  PasswordReset,
  Status,
  User,
  UserChange,
} from "../protocol/api";
import { api, type Answer } from "./api";
import { Unreachable } from "./errors";

type Signal = AbortSignal | undefined;

const PAGE_SIZE = 100;
/** A list that a page shows whole is cut here; longer ones are shown page by page. */
const WHOLE_MAX_PAGES = 10;

export function listed(path: string, cursor: string | null, signal: Signal, more: Readonly<Record<string, string>> = {}, kept = false): Promise<Page<never>> {
  const query = new URLSearchParams({ ...more, limit: String(PAGE_SIZE), ...(cursor === null ? {} : { cursor }) });
  return api.get(`${path}?${query.toString()}`, { kept, ...(signal ? { signal } : {}) });
}

interface Whole {
  readonly maxPages?: number;
  readonly more?: Readonly<Record<string, string>>;
  readonly kept?: boolean;
}

export async function whole<Item>(path: string, signal?: Signal, { maxPages = WHOLE_MAX_PAGES, more = {}, kept = false }: Whole = {}): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < maxPages; pages++) {
    const page: Page<Item> = await listed(path, cursor, signal, more, kept);
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return items;
}

/** Changes the thing as it is now; somebody's change in between is refused, not overwritten. */
export async function change<Thing>(path: string, body: unknown, etag?: string): Promise<Answer<Thing>> {
  const ifMatch = etag ?? (await api.call("GET", path)).etag;
  return await api.call<Thing>("PATCH", path, { body, ifMatch });
}

export const courses = {
  all: (signal?: Signal) => whole<Course>("/courses", signal),
  get: (id: string, signal?: Signal) => api.get<Course>(`/courses/${id}`, signal ? { signal } : {}),
  create: (body: NewCourse) => api.post<Course>("/courses", body),
  change: async (id: string, body: CourseChange) => (await change<Course>(`/courses/${id}`, body)).data,
  people: (id: string, signal?: Signal) => whole<Enrolment>(`/courses/${id}/enrolments`, signal),
  enrol: (id: string, body: NewEnrolment) => api.post<Enrolment>(`/courses/${id}/enrolments`, body),
  withdraw: (id: string, enrolment: string) => api.delete(`/courses/${id}/enrolments/${enrolment}`),
  lessons: (id: string, signal?: Signal) => whole<Lesson>(`/courses/${id}/lessons`, signal, { kept: true }),
  classes: (id: string, signal?: Signal) => whole<LiveClass>(`/courses/${id}/classes`, signal),
};

export const lessons = {
  get: (id: string, signal?: Signal) => api.call<Lesson>("GET", `/lessons/${id}`, { kept: true, ...(signal ? { signal } : {}) }),
  create: (course: string, body: NewLesson) => api.post<Lesson>(`/courses/${course}/lessons`, body),
  change: (id: string, body: LessonChange, etag?: string) => change<Lesson>(`/lessons/${id}`, body, etag),
  remove: (id: string) => api.delete(`/lessons/${id}`),
};

export const classes = {
  mine: (signal?: Signal) => whole<LiveClass>("/classes", signal),
  schedule: (course: string, body: NewClass) => api.post<LiveClass>(`/courses/${course}/classes`, body),
  change: async (id: string, body: ClassChange) => (await change<LiveClass>(`/classes/${id}`, body)).data,
  open: (id: string) => api.post<LiveClass>(`/classes/${id}/open`),
  close: (id: string) => api.post<LiveClass>(`/classes/${id}/close`),
};

export const people = {
  page: (cursor: string | null, signal?: Signal): Promise<Page<User>> => listed("/users", cursor, signal),
  add: (body: NewUser) => api.post<CreatedUser>("/users", body),
  change: async (id: string, body: UserChange) => (await api.call<User>("PATCH", `/users/${id}`, { body })).data,
  resetPassword: (id: string) => api.post<PasswordReset>(`/users/${id}/reset-password`),
  importCsv: (csv: string) =>
    api.post<ImportReport>("/users/import", undefined, { text: { type: "text/csv; charset=utf-8", value: csv } }),
};

/** Public, and outside the API's root: it must answer when little else does. */
export async function status(signal?: Signal): Promise<Status> {
  const init = { headers: { Accept: "application/json" }, ...(signal ? { signal } : {}) };
  const response = await fetch("/status", init).catch((cause: unknown) => {
    throw new Unreachable("The server did not answer.", { cause });
  });
  return (await response.json()) as Status;
}
