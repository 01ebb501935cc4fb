// GENERATED from server/rest/shapes.py by `python -m server generate`. Do not edit.

export type Role = "admin" | "teacher" | "student" | "proctor" | "reviewer";
export type CourseRole = "teacher" | "student";
export type ClassRole = "teacher" | "student" | "proctor" | "observer";
export type ClassState = "scheduled" | "open" | "closed";

/** One page of a list; `next_cursor` is null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** One fault of a body: where (a JSON pointer) and what. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** RFC 9457 problem+json with a stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly trace_id: string;
  readonly errors: readonly Fault[];
}

/** `school` is needed only where the host name does not tell it and there are several. */
export interface SignIn {
  readonly email: string;
  readonly password: string;
  readonly school?: string | null;
}

/** One person of the school. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly active: boolean;
  readonly created_at: string;
}

/** `refresh_token` is null for browsers, which keep it in a cookie (they send `Lectern-Client: browser`). */
export interface Session {
  readonly access_token: string;
  readonly refresh_token: string | null;
  readonly expires_in: number;
  readonly user: User;
}

/** API clients send the refresh token here, browsers send the cookie and an empty object. */
export interface Refresh {
  readonly refresh_token?: string | null;
}

/** The school of the caller. */
export interface School {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** Who is calling. */
export interface Me {
  readonly user: User;
  readonly school: School;
}

/** Without a password one is made and returned once. */
export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly password?: string | null;
}

/** `initial_password` is set only when the server made it; it is not shown again. */
export interface CreatedUser {
  readonly user: User;
  readonly initial_password: string | null;
}

/** What is left out stays as it is. */
export interface UserChange {
  readonly name?: string;
  readonly roles?: readonly Role[];
  readonly active?: boolean;
}

/** The new password, shown once; every session of the person is ended. */
export interface PasswordReset {
  readonly password: string;
}

/** What became of one CSV row (email,name,roles with ';' between roles). */
export interface ImportedRow {
  readonly row: number;
  readonly email: string;
  readonly outcome: "created" | "exists" | "invalid";
  readonly detail: string | null;
  readonly initial_password: string | null;
}

/** Rows in the order of the file; good rows are kept though others are bad. */
export interface ImportReport {
  readonly created: number;
  readonly rows: readonly ImportedRow[];
}

export interface NewCourse {
  readonly title: string;
}

export interface CourseChange {
  readonly title?: string;
  readonly archived?: boolean;
}

/** `my_role` is the caller's role in it (null for an admin who is not enrolled). */
export interface Course {
  readonly id: string;
  readonly title: string;
  readonly archived: boolean;
  readonly my_role: CourseRole | null;
  readonly people: number;
  readonly created_at: string;
}

/** The person by exactly one of `user_id` and `email`. */
export interface NewEnrolment {
  readonly user_id?: string | null;
  readonly email?: string | null;
  readonly role: CourseRole;
}

export interface Enrolment {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly role: CourseRole;
}

export interface NewLesson {
  readonly title: string;
  readonly text: string;
}

export interface LessonChange {
  readonly title?: string;
  readonly text?: string;
}

/** A text, for now. */
export interface Lesson {
  readonly id: string;
  readonly course_id: string;
  readonly title: string;
  readonly text: string;
  readonly position: number;
  readonly updated_at: string;
}

/** A time on the timetable. */
export interface NewClass {
  readonly title: string;
  readonly starts_at: string;
  readonly ends_at: string;
}

export interface ClassChange {
  readonly title?: string;
  readonly starts_at?: string;
  readonly ends_at?: string;
}

/** One class; `state` is open between open and close. */
export interface LiveClass {
  readonly id: string;
  readonly course_id: string;
  readonly course_title: string;
  readonly title: string;
  readonly state: ClassState;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly opened_at: string | null;
  readonly closed_at: string | null;
  readonly my_role: ClassRole | null;
}

export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string | null;
  readonly credential: string | null;
}

/** `token` opens the socket (and WHIP, WHEP) for this person and class; `socket` is the Socket.IO path. */
export interface Join {
  readonly token: string;
  readonly role: ClassRole;
  readonly socket: string;
  readonly namespace: string;
  readonly ice_servers: readonly IceServer[];
  readonly epoch: number;
  readonly expires_in: number;
}

/** One component as its probes see it. */
export interface ComponentStatus {
  readonly name: "web" | "database" | "redis" | "classes" | "media";
  readonly state: "ok" | "degraded" | "down";
  readonly since: string;
  readonly detail: string;
}

/** The status page as JSON. */
export interface Status {
  readonly state: "ok" | "degraded" | "down";
  readonly checked_at: string;
  readonly components: readonly ComponentStatus[];
}
