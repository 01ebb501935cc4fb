// GENERATED from server/rest/shapes.py and its neighbours by `python -m server generate`. Do not edit.

export type Role = "admin" | "teacher" | "student" | "proctor" | "reviewer";
export type CourseRole = "teacher" | "student";
export type ClassRole = "teacher" | "student" | "proctor" | "observer";
export type ClassState = "scheduled" | "open" | "closed";
export type QuestionKind = "single_choice" | "multiple_choice" | "true_false" | "short_text" | "numeric" | "matching" | "ordering" | "cloze" | "essay" | "file_upload";
export type QuestionState = "draft" | "published" | "retired";
export type AssessmentState = "draft" | "published" | "archived";
export type AttemptState = "ready" | "open" | "submitted" | "marking" | "graded" | "withdrawn";
export type LatePolicy = "refuse" | "keep" | "count";
export type Release = "at_once" | "together";
export type Standing = "best" | "last" | "first" | "average";
export type SubmittedBy = "learner" | "deadline";
export type LiveState = "not_started" | "started" | "answering" | "idle" | "lost_link" | "submitted";
export type CellState = "none" | "open" | "submitted" | "marking" | "graded";

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
  readonly name: "web" | "database" | "redis" | "workers" | "classes" | "media";
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

/** A file that is about to be sent; `type` is its media type. `class_id` says which class it is for, which the caller must be able to join: once complete, it is a line of the chat there, and those who may join may fetch it until it is taken back. */
export interface NewUpload {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly class_id?: string | null;
}

/** One request that carries one part of the bytes, in the order of the list. */
export interface UploadPart {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly offset: number;
  readonly size: number;
}

/** Where to send the bytes, until when; each part may be sent again, and what is missing has fresh addresses at `/parts`. */
export interface UploadTicket {
  readonly id: string;
  readonly parts: readonly UploadPart[];
  readonly expires_at: string;
}

/** A file that is here; `url` is good for a few minutes and gives it as a download. */
export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly state: "started" | "ready" | "failed";
  readonly url: string | null;
}

/** An item for the bank: content is what learners see, key what they do not. */
export interface NewQuestion {
  readonly kind: QuestionKind;
  readonly title: string;
  readonly content: Content;
  readonly key: Key;
  readonly skills?: readonly string[];
  readonly tags?: readonly string[];
  readonly level?: number;
  readonly language?: string;
  readonly difficulty?: number;
  readonly state?: QuestionState;
}

/** What is given is changed; a change of content or key makes the next version. */
export interface QuestionChange {
  readonly title?: string;
  readonly content?: Content;
  readonly key?: Key;
  readonly skills?: readonly string[];
  readonly tags?: readonly string[];
  readonly level?: number;
  readonly language?: string;
  readonly difficulty?: number;
  readonly state?: QuestionState;
}

/** An item with its key, for those who edit the bank; `pictures` are the addresses of the uploads in its texts. */
export interface Question {
  readonly id: string;
  readonly course_id: string;
  readonly version: number;
  readonly kind: QuestionKind;
  readonly title: string;
  readonly content: Content;
  readonly key: Key;
  readonly skills: readonly string[];
  readonly tags: readonly string[];
  readonly level: number;
  readonly language: string;
  readonly difficulty: number;
  readonly state: QuestionState;
  readonly updated_at: string;
  readonly pictures: Readonly<Record<string, string>>;
}

/** An item in a list. */
export interface QuestionLine {
  readonly id: string;
  readonly version: number;
  readonly kind: QuestionKind;
  readonly title: string;
  readonly skills: readonly string[];
  readonly tags: readonly string[];
  readonly level: number;
  readonly language: string;
  readonly difficulty: number;
  readonly state: QuestionState;
  readonly updated_at: string;
}

/** What the items of a bank are sorted by, each with how many there are. */
export interface BankWords {
  readonly skills: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, number>>;
  readonly levels: Readonly<Record<string, number>>;
  readonly languages: Readonly<Record<string, number>>;
}

/** What is wrong with a line of a CSV; lines count from 1, the head is line 1. */
export interface LineFault {
  readonly line: number;
  readonly detail: string;
}

/** What an import did: all lines or none. */
export interface QuestionImport {
  readonly added: number;
  readonly changed: number;
  readonly faults: readonly LineFault[];
}

/** How an item went wherever it was asked: mean share of its points, and how it goes with the rest of the attempt. */
export interface ItemStatistics {
  readonly question_id: string;
  readonly version: number;
  readonly title: string;
  readonly kind: QuestionKind;
  readonly attempts: number;
  readonly mean_share: number;
  readonly discrimination: number | null;
}

/** An assessment, as a draft. */
export interface NewAssessment {
  readonly title: string;
  readonly settings?: Settings;
  readonly opens_at?: string | null;
  readonly closes_at?: string | null;
}

/** What is given is changed, under the next version; nobody who has begun is disturbed. */
export interface AssessmentChange {
  readonly title?: string;
  readonly settings?: Settings;
  readonly opens_at?: string | null;
  readonly closes_at?: string | null;
}

/** One attempt of the caller; `version` is what it was read at: hand it back as `seen` to read nothing older. */
export interface MyAttempt {
  readonly id: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly answered: number;
  readonly asked: number;
  readonly ends_at: string | null;
  readonly submitted_at: string | null;
  readonly released: boolean;
  readonly version: string;
}

/** What a learner may know before the start; times are this learner's own. */
export interface AssessmentForMe {
  readonly id: string;
  readonly course_id: string;
  readonly course_title: string;
  readonly title: string;
  readonly text: string;
  readonly state: AssessmentState;
  readonly opens_at: string | null;
  readonly closes_at: string | null;
  readonly time_limit_minutes: number | null;
  readonly attempts_allowed: number;
  readonly needs_password: boolean;
  readonly late_policy: LatePolicy;
  readonly release: Release;
  readonly items: number;
  readonly server_time: string;
  readonly attempts: readonly MyAttempt[];
}

/** An assessment for those who run it. */
export interface Assessment {
  readonly id: string;
  readonly course_id: string;
  readonly version: number;
  readonly title: string;
  readonly state: AssessmentState;
  readonly opens_at: string | null;
  readonly closes_at: string | null;
  readonly released_at: string | null;
  readonly settings: Settings;
  readonly materialised: boolean;
  readonly updated_at: string;
}

/** An assessment in the list of its course. */
export interface AssessmentLine {
  readonly id: string;
  readonly title: string;
  readonly state: AssessmentState;
  readonly opens_at: string | null;
  readonly closes_at: string | null;
  readonly released_at: string | null;
  readonly time_limit_minutes: number | null;
  readonly category: string;
}

/** What one learner is given beyond the settings; an attempt that is open gets its extra time at once. */
export interface AccommodationChange {
  readonly extra_time_percent?: number;
  readonly extra_attempts?: number;
  readonly closes_at?: string | null;
}

export interface Accommodation {
  readonly user_id: string;
  readonly name: string;
  readonly extra_time_percent: number;
  readonly extra_attempts: number;
  readonly closes_at: string | null;
}

/** More time for everybody whose attempt is open, or was handed in by the deadline since `since`. */
export interface Extension {
  readonly minutes: number;
  readonly reason?: string;
  readonly reopen_since?: string | null;
}

export interface Extended {
  readonly extended: number;
  readonly reopened: number;
}

/** One learner on the live board; `seen_at` is when the browser last spoke (null: not known). */
export interface BoardRow {
  readonly user_id: string;
  readonly name: string;
  readonly attempt_id: string | null;
  readonly live: LiveState;
  readonly answered: number;
  readonly asked: number;
  readonly opening: number;
  readonly started_at: string | null;
  readonly ends_at: string | null;
  readonly submitted_at: string | null;
  readonly answered_at: string | null;
  readonly seen_at: string | null;
  readonly late: boolean;
}

/** Everybody who may sit an assessment, and how far they are; a copy that is `lag_ms` old. */
export interface Board {
  readonly server_time: string;
  readonly lag_ms: number;
  readonly links_known: boolean;
  readonly rows: readonly BoardRow[];
}

export interface StartAttempt {
  readonly password?: string;
}

/** The answer that counts for an item now. */
export interface SavedAnswer {
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>>;
  readonly opening: number;
  readonly seq: number;
}

/** An attempt that was started or opened again: what it asks, and what is saved of it. */
export interface OpenAttempt {
  readonly id: string;
  readonly assessment_id: string;
  readonly title: string;
  readonly number: number;
  readonly opening: number;
  readonly state: AttemptState;
  readonly ends_at: string;
  readonly server_time: string;
  readonly remaining_ms: number;
  readonly sections: readonly PaperSection[];
  readonly items: readonly PaperItem[];
  readonly answers: Readonly<Record<string, SavedAnswer>>;
  readonly pictures: Readonly<Record<string, string>>;
}

/** One answer; `seq` counts up within the opening. */
export interface AnswerBody {
  readonly opening: number;
  readonly seq: number;
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>>;
}

/** It is saved for good; `current_opening` is higher than `opening` when another device has opened the attempt since. */
export interface AnswerAck {
  readonly opening: number;
  readonly seq: number;
  readonly server_time: string;
  readonly remaining_ms: number;
  readonly late: boolean;
  readonly current_opening: number;
  readonly version: string;
}

/** `last_seq` is the highest seq of this opening that was acknowledged (0: none). */
export interface Submit {
  readonly opening: number;
  readonly last_seq: number;
}

/** What was handed in: the same one each time. `digest` is over the answers that count. */
export interface Receipt {
  readonly attempt_id: string;
  readonly receipt: string;
  readonly submitted_at: string;
  readonly submitted_by: SubmittedBy;
  readonly late: boolean;
  readonly answered: number;
  readonly asked: number;
  readonly digest: string;
  readonly version: string;
}

/** How an attempt stands. */
export interface AttemptView {
  readonly id: string;
  readonly assessment_id: string;
  readonly user_id: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly opening: number;
  readonly started_at: string | null;
  readonly ends_at: string | null;
  readonly server_time: string;
  readonly remaining_ms: number;
  readonly answered: number;
  readonly asked: number;
  readonly late: boolean;
  readonly submitted_at: string | null;
  readonly submitted_by: SubmittedBy | null;
  readonly receipt: Receipt | null;
  readonly released: boolean;
  readonly version: string;
}

/** The page is still there; `unsaved` is how many answers wait in it. */
export interface Beat {
  readonly opening: number;
  readonly unsaved?: number;
}

/** The clock, and whether anything has changed that the page should know. */
export interface BeatAnswer {
  readonly state: AttemptState;
  readonly ends_at: string;
  readonly server_time: string;
  readonly remaining_ms: number;
  readonly current_opening: number;
}

/** One item of a released result; what the settings do not show is null. */
export interface ItemResult {
  readonly item: PaperItem;
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>> | null;
  readonly earned_milli: number | null;
  readonly possible_milli: number;
  readonly reason: string;
  readonly correct: boolean | null;
  readonly key: Key | null;
  readonly comment: string;
  readonly criteria: Readonly<Record<string, number>>;
}

/** The result of an attempt for its learner; `released` is false while there is nothing to see yet. */
export interface Result {
  readonly attempt_id: string;
  readonly assessment_id: string;
  readonly title: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly released: boolean;
  readonly late: boolean;
  readonly submitted_at: string | null;
  readonly earned_milli: number | null;
  readonly possible_milli: number | null;
  readonly letter: string | null;
  readonly items: readonly ItemResult[];
  readonly pictures: Readonly<Record<string, string>>;
}

/** What a person gave for one item in one round; `criteria` is criterion id to level (0 is the first). */
export interface Mark {
  readonly item_id: string;
  readonly round: number;
  readonly marker: string;
  readonly marker_name: string;
  readonly earned_milli: number;
  readonly criteria: Readonly<Record<string, number>>;
  readonly comment: string;
  readonly version: number;
  readonly at: string;
}

/** `version` is the one decided on, 0 for the first mark; with `criteria` the points follow from the rubric. */
export interface MarkBody {
  readonly round: 1 | 2;
  readonly version?: number;
  readonly earned_milli?: number | null;
  readonly criteria?: Readonly<Record<string, number>>;
  readonly comment?: string;
}

/** An attempt in the list of an assessment, for those who mark. */
export interface AttemptLine {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly submitted_at: string | null;
  readonly submitted_by: SubmittedBy | null;
  readonly late: boolean;
  readonly late_answers: number;
  readonly count_late: boolean;
  readonly to_mark: number;
  readonly earned_milli: number | null;
  readonly possible_milli: number | null;
  readonly released: boolean;
}

/** An attempt with everything that marking needs; `uploads` and `upload_names` are addresses and names of its files. `refused_files` says of each item which of its files the question does not allow, and why: they have no address. `differ` names the items whose two rounds are further apart than a fifth of the points. */
export interface Script {
  readonly attempt: AttemptLine;
  readonly items: readonly ItemResult[];
  readonly marks: readonly Mark[];
  readonly second_round: boolean;
  readonly differ: readonly string[];
  readonly uploads: Readonly<Record<string, string>>;
  readonly upload_names: Readonly<Record<string, string>>;
  readonly refused_files: Readonly<Record<string, Readonly<Record<string, "too_many" | "too_large" | "wrong_type">>>>;
  readonly pictures: Readonly<Record<string, string>>;
}

/** Whether the answers that came late count in this attempt. */
export interface LateDecision {
  readonly count: boolean;
}

export interface Released {
  readonly released: number;
  readonly waiting: number;
}

/** Score an item of an assessment by the key of another version of the same item. */
export interface RegradeBody {
  readonly question_id: string;
  readonly key_version: number;
}

/** Whom a regrade changes, and by how much. */
export interface RegradeLine {
  readonly attempt_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly before_milli: number;
  readonly after_milli: number;
}

/** Whom a regrade changes, the first 2,000 of `changed_count`, and how many stay as they are. */
export interface RegradePreview {
  readonly changed: readonly RegradeLine[];
  readonly changed_count: number;
  readonly unchanged: number;
}

/** A regrade and how far it is. */
export interface Regrade {
  readonly id: string;
  readonly question_id: string;
  readonly key_version: number;
  readonly state: "running" | "done" | "failed";
  readonly changed: number;
  readonly unchanged: number;
  readonly created_at: string;
  readonly done_at: string | null;
}

export interface GradebookSettings {
  readonly categories?: readonly Category[];
  readonly letters?: readonly Letter[];
}

export interface GradebookColumn {
  readonly assessment_id: string;
  readonly title: string;
  readonly category: string;
  readonly possible_milli: number | null;
  readonly released: boolean;
}

/** What counts for one learner in one assessment; `dropped` when the category leaves it out. */
export interface GradebookCell {
  readonly assessment_id: string;
  readonly attempt_id: string | null;
  readonly state: CellState;
  readonly earned_milli: number | null;
  readonly possible_milli: number | null;
  readonly late: boolean;
  readonly dropped: boolean;
  readonly released: boolean;
}

export interface GradebookRow {
  readonly user_id: string;
  readonly name: string;
  readonly cells: readonly GradebookCell[];
  readonly share: number | null;
  readonly letter: string | null;
}

/** A course's grades, 2,000 learners at most; students see their own row of what is released. */
export interface Gradebook {
  readonly course_id: string;
  readonly version: number;
  readonly settings: GradebookSettings;
  readonly columns: readonly GradebookColumn[];
  readonly rows: readonly GradebookRow[];
  readonly lag_ms: number;
}

/** One thing to choose, to match or to put in order; its text is Markdown with maths. */
export interface Option {
  readonly id: string;
  readonly text: string;
}

/** A gap of a cloze text, which stands in the prompt as {{id}}: with options it is a list to choose from. */
export interface Gap {
  readonly id: string;
  readonly options: readonly Option[];
}

/** What a learner may see of an item. `options`: choices; what is put in order; the right side of a matching. `left`: the left side of a matching. `units`: what a numeric answer may be given in (empty: no unit is asked for). A picture in a text has `upload:` and the id of an upload for its address. */
export interface Content {
  readonly prompt: string;
  readonly options: readonly Option[];
  readonly left: readonly Option[];
  readonly gaps: readonly Gap[];
  readonly units: readonly string[];
  readonly shuffle: boolean;
  readonly max_chars: number;
  readonly max_files: number;
  readonly max_file_bytes: number;
  readonly file_types: readonly string[];
}

/** A step of a criterion and what it is worth, in thousandths of a point. */
export interface Level {
  readonly title: string;
  readonly earned_milli: number;
}

/** One line of a rubric. */
export interface Criterion {
  readonly id: string;
  readonly title: string;
  readonly levels: readonly Level[];
}

/** What only the server knows of an item before its scores are released. `correct`: option ids of a choice. `truth`: of true_false. `accepted`: texts of short_text. `number`, `tolerance` (absolute, or a share of `number` when `relative`) and `units` (unit to how many of the first unit it is; the first has "1") of numeric. `pairs`: left id to right id. `order`: option ids. `gaps`: gap id to accepted texts or option ids. `partial`: whether parts of an answer earn parts of the points. `explanation` and `option_feedback` are shown with the result. */
export interface Key {
  readonly correct: readonly string[];
  readonly truth: boolean | null;
  readonly accepted: readonly string[];
  readonly case_sensitive: boolean;
  readonly number: string | null;
  readonly tolerance: string;
  readonly relative: boolean;
  readonly units: Readonly<Record<string, string>>;
  readonly pairs: Readonly<Record<string, string>>;
  readonly order: readonly string[];
  readonly gaps: Readonly<Record<string, readonly string[]>>;
  readonly partial: boolean;
  readonly rubric: readonly Criterion[];
  readonly explanation: string;
  readonly option_feedback: Readonly<Record<string, string>>;
}

/** So many items at random out of the bank of the course: those that have all the skills, one of the levels, the language. */
export interface Draw {
  readonly count: number;
  readonly skills: readonly string[];
  readonly levels: readonly number[];
  readonly tags: readonly string[];
  readonly language: string | null;
}

/** A part of an assessment: named items in their order, then what is drawn; each item is worth `points_milli`. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly question_ids: readonly string[];
  readonly draws: readonly Draw[];
  readonly points_milli: number;
  readonly shuffle: boolean;
}

/** What a learner is shown with a released result. */
export interface Feedback {
  readonly answers: boolean;
  readonly correctness: boolean;
  readonly key: boolean;
  readonly explanation: boolean;
}

/** One version of an assessment. */
export interface Settings {
  readonly text: string;
  readonly sections: readonly Section[];
  readonly time_limit_minutes: number | null;
  readonly grace_seconds: number;
  readonly late_policy: LatePolicy;
  readonly late_window_minutes: number;
  readonly late_penalty_percent: number;
  readonly attempts_allowed: number;
  readonly standing: Standing;
  readonly password: string;
  readonly release: Release;
  readonly feedback: Feedback;
  readonly category: string;
  readonly second_round: boolean;
}

/** A slot of an attempt as its learner sees it: options in this learner's order, nothing of the key. */
export interface PaperItem {
  readonly id: string;
  readonly kind: QuestionKind;
  readonly section: string;
  readonly points_milli: number;
  readonly content: Content;
}

export interface PaperSection {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** All of what an attempt asks: kept as the bytes that are sent, so that a start encodes nothing. */
export interface Paper {
  readonly sections: readonly PaperSection[];
  readonly items: readonly PaperItem[];
}

/** Which item version a slot is, what it is worth, and the ids of the parts that the paper calls by other `names`. */
export interface Pin {
  readonly item_id: string;
  readonly question_id: string;
  readonly version: number;
  readonly kind: QuestionKind;
  readonly points_milli: number;
  readonly names: Readonly<Record<string, string>>;
}

/** A kind of assessment: its weight among the others, and how many of the lowest scores are left out. */
export interface Category {
  readonly id: string;
  readonly title: string;
  readonly weight: number;
  readonly drop_lowest: number;
}

/** A letter and the percentage from which it is given. */
export interface Letter {
  readonly letter: string;
  readonly from_percent: number;
}

/** How a course adds up; without categories every assessment counts by its points. */
export interface Rules {
  readonly categories: readonly Category[];
  readonly letters: readonly Letter[];
}
