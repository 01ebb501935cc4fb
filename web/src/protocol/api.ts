// GENERATED from server/rest/shapes.py and its neighbours by `python -m server generate`. Do not edit.

export type Role = "admin" | "teacher" | "student" | "proctor" | "reviewer";
export type CourseRole = "teacher" | "student";
export type ClassRole = "teacher" | "student" | "proctor" | "observer";
export type ClassState = "scheduled" | "open" | "closed";
export type QuestionKind = "single_choice" | "multiple_choice" | "true_false" | "short_text" | "numeric" | "matching" | "ordering" | "cloze" | "essay" | "file_upload";
export type QuestionState = "draft" | "published" | "retired" | "held" | "recalled";
export type AssessmentState = "draft" | "published" | "archived";
export type AttemptState = "ready" | "open" | "submitted" | "marking" | "graded" | "withdrawn";
export type LatePolicy = "refuse" | "keep" | "count";
export type Release = "at_once" | "together";
export type Standing = "best" | "last" | "first" | "average";
export type SubmittedBy = "learner" | "deadline";
export type LiveState = "not_started" | "started" | "answering" | "idle" | "lost_link" | "submitted";
export type Why = "due_review" | "weak_skill" | "recent_mistake" | "class_quiz" | "assigned" | "new_skill" | "stretch" | "at_level" | "again";
export type PracticePath = "warm" | "cold";
export type ReportReason = "wrong_answer" | "unclear" | "mistake" | "unfair" | "too_hard" | "picture" | "other";
export type GenerationState = "queued" | "running" | "done" | "cancelled" | "failed" | "stopped";
export type ReviewDecision = "accept" | "edit" | "reject";
export type ReviewReason = "wrong_key" | "two_keys" | "not_in_source" | "unclear" | "too_easy" | "too_hard" | "wrong_skill" | "answer_in_stem" | "bad_options" | "language" | "unfair" | "unsafe" | "duplicate" | "other";
export type ReviewOrigin = "generated" | "reported";
export type Tier = "small" | "strong" | "rules";
export type GateName = "schema" | "structure" | "grounding" | "blind" | "duplicate" | "safety" | "risk";
export type CellState = "none" | "open" | "submitted" | "marking" | "graded";
export type Source = "practice" | "placement" | "quiz" | "exam";
export type Origin = "generated" | "seeded" | "reported";
export type CandidateState = "queued" | "second" | "accepted" | "rejected" | "ingested" | "recalled" | "withdrawn";
export type Step = "objective" | "stem" | "options" | "check";

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

/** What the school has set: `reviewers` look at an item of the factory that is risky or of the sample; the band is the chance of a right answer that lessons of the tutor aim at, in thousandths. */
export interface SchoolSettings {
  readonly reviewers: number;
  readonly band_low_milli: number;
  readonly band_high_milli: number;
}

/** All of it as it should be. */
export interface SchoolSettingsChange {
  readonly reviewers: number;
  readonly band_low_milli: number;
  readonly band_high_milli: number;
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

/** One item of a lesson of the tutor, without its key; its ids of options are those of this lesson. */
export interface PracticeItem {
  readonly id: string;
  readonly kind: QuestionKind;
  readonly content: Content;
  readonly skills: readonly string[];
  readonly reason: Reason;
  readonly pictures: Readonly<Record<string, string>>;
}

/** The learner's next items; the header `Lectern-Path` says whether they were made ahead (warm) or found now (cold). */
export interface NextLesson {
  readonly practice_id: string;
  readonly items: readonly PracticeItem[];
}

/** An answer, checked at once: the key comes with it. `correct` is null where nobody but a person can tell. */
export interface Verdict {
  readonly correct: boolean | null;
  readonly earned_milli: number;
  readonly possible_milli: number;
  readonly reason: "right" | "partly" | "wrong" | "unanswered" | "unknown_option" | "wrong_shape" | "not_a_number" | "too_long" | "unit_missing" | "unknown_unit" | "wrong_unit" | "no_key" | "to_mark" | "marked" | "recalled";
  readonly feedback: string;
  readonly key: Key;
  readonly answered: number;
  readonly asked: number;
  readonly streak: number;
  readonly pictures: Readonly<Record<string, string>>;
}

/** One answer; `seq` counts up per item, and the same one with another value is refused (409 `seq_conflict`). */
export interface PracticeAnswer {
  readonly seq: number;
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>>;
}

/** An answer that was given before, and what came of it. */
export interface AnsweredItem {
  readonly item_id: string;
  readonly seq: number;
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>>;
  readonly verdict: Verdict;
}

/** A lesson of the tutor as it stands: for a reload, and for another device. */
export interface Practice {
  readonly practice_id: string;
  readonly course_id: string;
  readonly items: readonly PracticeItem[];
  readonly answers: readonly AnsweredItem[];
  readonly finished: boolean;
}

/** What a lesson did to a skill: strength before and after, 0 to 1000. */
export interface SkillChange {
  readonly skill: string;
  readonly before_milli: number;
  readonly after_milli: number;
}

/** The end of a lesson of the tutor. */
export interface PracticeSummary {
  readonly practice_id: string;
  readonly asked: number;
  readonly answered: number;
  readonly right: number;
  readonly skills: readonly SkillChange[];
}

/** What is wrong with an item, from a learner. */
export interface NewReport {
  readonly reason: ReportReason;
  readonly note?: string;
}

/** A report that was taken; the same learner and item give the same one. */
export interface Report {
  readonly id: string;
}

/** The answer to the item that is asked now; null says that the learner does not know. */
export interface PlacementAnswer {
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>> | null;
}

/** Where a placement stands: the next item, or null when it is done; `level` is what was found. */
export interface PlacementStep {
  readonly placement_id: string;
  readonly item: PracticeItem | null;
  readonly asked: number;
  readonly asked_at_most: number;
  readonly done: boolean;
  readonly level: number | null;
}

/** One skill of one learner: strength and recall from 0 to 1000. */
export interface Skill {
  readonly skill: string;
  readonly strength_milli: number;
  readonly recall_milli: number;
  readonly answered: number;
  readonly right: number;
  readonly due_at: string | null;
  readonly last_at: string | null;
}

/** A learner's own skills in a course, and what a teacher assigned. */
export interface MySkills {
  readonly skills: readonly Skill[];
  readonly placed: boolean;
  readonly assigned: readonly string[];
  readonly days: number;
}

/** One row of the skill map; a skill that was never met is not in it. */
export interface LearnerSkills {
  readonly user_id: string;
  readonly name: string;
  readonly skills: readonly Skill[];
  readonly stuck: readonly string[];
  readonly last_at: string | null;
}

/** The skills of a class: whom to help with what. */
export interface SkillMap {
  readonly skills: readonly string[];
  readonly learners: readonly LearnerSkills[];
}

/** Practice of a skill for some learners; nobody named means everybody in the course. */
export interface NewAssignment {
  readonly skill: string;
  readonly items?: number;
  readonly user_ids?: readonly string[];
}

/** How many learners were given practice; `id` is one of the assignments, by which all of them can be taken back. */
export interface Assigned {
  readonly learners: number;
  readonly id: string | null;
}

/** Practice that was assigned: how much of it was given out so far. */
export interface AssignmentLine {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly skill: string;
  readonly items: number;
  readonly given: number;
  readonly created_at: string;
}

/** Pose this item of the bank of the class's course to the room. */
export interface NewQuiz {
  readonly question_id: string;
}

/** A learner's answer; a higher `seq` replaces it until the key is shown. */
export interface QuizAnswerBody {
  readonly seq: number;
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>>;
}

/** The answer is stored; what it is worth comes with the reveal. */
export interface QuizAck {
  readonly seq: number;
  readonly server_time: string;
}

/** How many chose one of the answers; `id` is an option, true, false, or `other`. */
export interface QuizShare {
  readonly id: string;
  readonly answers: number;
}

/** What the caller answered, and, once it is revealed, what that earned. */
export interface QuizMine {
  readonly seq: number;
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>>;
  readonly earned_milli: number | null;
  readonly possible_milli: number | null;
}

/** A quiz: what is asked; the counts for who runs the class, and for all once it is revealed, with the key. Until then options have names that say nothing; then, and for who runs the class, they have the ids of the item. */
export interface Quiz {
  readonly id: string;
  readonly class_id: string;
  readonly question_id: string;
  readonly kind: QuestionKind;
  readonly content: Content;
  readonly posed_at: string;
  readonly revealed: boolean;
  readonly answered: number | null;
  readonly right: number | null;
  readonly shares: readonly QuizShare[];
  readonly key: Key | null;
  readonly mine: QuizMine | null;
  readonly pictures: Readonly<Record<string, string>>;
}

/** A brief: what is wanted, and from what text; `upload_id` is a text file, PDFs are not read. */
export interface NewGeneration {
  readonly course_id: string;
  readonly brief: Brief;
  readonly source?: string;
  readonly upload_id?: string | null;
}

/** How far a job is. `made` drafts were written, `passed` the gates, `dropped` did not; then people decide. What is dropped is made anew until `wanted` passed; a job that has tried often enough is done with the reason `ended_short`. */
export interface Generation {
  readonly id: string;
  readonly course_id: string;
  readonly brief: Brief;
  readonly state: GenerationState;
  readonly reason: string;
  readonly wanted: number;
  readonly made: number;
  readonly passed: number;
  readonly dropped: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly ingested: number;
  readonly dropped_by: Readonly<Record<string, number>>;
  readonly tier: Tier | null;
  readonly tokens: number;
  readonly cost_micros: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly done_at: string | null;
  readonly recalled_at: string | null;
  readonly served_from: string | null;
}

/** What a recall touched so far: attempts at exams, and lessons of the tutor and quizzes (`practices`); it goes on until `done_at`. */
export interface Recalled {
  readonly job_id: string;
  readonly reason: string;
  readonly asked_at: string;
  readonly done_at: string | null;
  readonly items: number;
  readonly attempts: number;
  readonly learners: number;
  readonly practices: number;
}

/** Where a learner was asked a recalled item; of an attempt that was scored, what it had earned and has. */
export interface RecalledUse {
  readonly source: Source;
  readonly source_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly assessment_id: string | null;
  readonly title: string;
  readonly before_milli: number | null;
  readonly after_milli: number | null;
}

/** Why a batch is taken out of use; the teachers of the courses read it. */
export interface RecallBody {
  readonly reason: string;
}

/** What the models may cost the school this month, and did. */
export interface Budget {
  readonly month: string;
  readonly tokens_limit: number;
  readonly tokens_used: number;
  readonly tokens_held: number;
  readonly cost_micros: number;
}

/** The limit from this month on. */
export interface BudgetChange {
  readonly tokens_limit: number;
}

/** A staged item in the queue, the riskiest first. */
export interface ReviewLine {
  readonly id: string;
  readonly course_id: string;
  readonly course: string;
  readonly origin: ReviewOrigin;
  readonly kind: QuestionKind;
  readonly title: string;
  readonly skill: string;
  readonly level: number;
  readonly language: string;
  readonly risk: number;
  readonly second: boolean;
  readonly reports: number;
  readonly created_at: string;
}

/** What a learner said is wrong; the reviewer is not told who. */
export interface ReportLine {
  readonly reason: string;
  readonly note: string;
  readonly created_at: string;
}

/** What an edit may change of an item. */
export interface ReviewEdit {
  readonly title: string;
  readonly content: Content;
  readonly key: Key;
  readonly difficulty: number;
  readonly skills: readonly string[];
  readonly level: number;
}

/** What the first reviewer decided about an item; `before` is what an edit found there, null where nothing was changed. */
export interface FirstLook {
  readonly name: string;
  readonly decision: ReviewDecision;
  readonly before: ReviewEdit | null;
  readonly decided_at: string;
}

/** A staged item with its source beside it; `version` is to be given back with the decision. */
export interface Review {
  readonly line: ReviewLine;
  readonly version: number;
  readonly content: Content;
  readonly key: Key;
  readonly skills: readonly string[];
  readonly difficulty: number;
  readonly source: string;
  readonly quote: readonly number[] | null;
  readonly gates: readonly Finding[];
  readonly brief: Brief | null;
  readonly tier: Tier | null;
  readonly model: string;
  readonly reports: readonly ReportLine[];
  readonly faults: readonly string[];
  readonly first: FirstLook | null;
  readonly pictures: Readonly<Record<string, string>>;
}

/** A decision about version `version`; an edit has the whole item, a rejection at least one reason. */
export interface ReviewBody {
  readonly version: number;
  readonly decision: ReviewDecision;
  readonly reasons?: readonly ReviewReason[];
  readonly note?: string;
  readonly edit?: ReviewEdit | null;
  readonly took_ms?: number;
}

/** How many reviewers some items need, how many there are, and how many wait for another one than the caller. */
export interface ReviewStanding {
  readonly needed: number;
  readonly reviewers: number;
  readonly for_another: number;
}

/** What became of the item, and the next of the queue. */
export interface Reviewed {
  readonly id: string;
  readonly state: "second" | "accepted" | "rejected" | "kept" | "retired";
  readonly next: string | null;
  readonly waiting: number;
}

/** Where an item of the bank comes from. */
export interface ProvenanceCard {
  readonly question_id: string;
  readonly job_id: string | null;
  readonly tier: Tier;
  readonly provider: string;
  readonly model: string;
  readonly prompts: Readonly<Record<string, string>>;
  readonly quote: string;
  readonly gates: readonly Finding[];
  readonly reviewers: readonly string[];
  readonly edited: boolean;
  readonly tokens: number;
  readonly cost_micros: number;
  readonly generated_at: string;
  readonly accepted_at: string;
  readonly ingested_at: string;
  readonly recalled_at: string | null;
}

/** Keep at least `low` items of a skill at a level; below that `batch` more are asked for. */
export interface StockMark {
  readonly skill: string;
  readonly level: number;
  readonly language?: string;
  readonly low: number;
  readonly batch?: number;
  readonly kinds: readonly QuestionKind[];
  readonly source?: string;
}

/** How many items there are of a skill and level, and how many there should be (0: nobody said). */
export interface StockLine {
  readonly skill: string;
  readonly level: number;
  readonly language: string;
  readonly items: number;
  readonly low: number;
  readonly batch: number;
  readonly job_id: string | null;
}

/** An item that is like another; `likeness` is 1 for the same. */
export interface SimilarLine {
  readonly question_id: string;
  readonly title: string;
  readonly kind: QuestionKind;
  readonly state: QuestionState;
  readonly level: number;
  readonly language: string;
  readonly likeness: number;
}

/** The most alike first; none before the item was looked at, which takes an hour. */
export interface Similar {
  readonly items: readonly SimilarLine[];
}

/** How an item did in use: mean share of the points (the p-value of one that is right or wrong), 0 to 1. */
export interface QualityLine {
  readonly question_id: string;
  readonly version: number;
  readonly title: string;
  readonly kind: QuestionKind;
  readonly state: QuestionState;
  readonly answered: number;
  readonly mean_share: number;
  readonly point_biserial: number | null;
  readonly dead_options: readonly string[];
  readonly faults: readonly string[];
  readonly generated: boolean;
}

/** Shares from 0 to 1; null where there is nothing to share out. */
export interface Rates {
  readonly schema_pass: number | null;
  readonly gates_pass: number | null;
  readonly accept: number | null;
  readonly edit: number | null;
  readonly agreement: number | null;
  readonly seeded_missed: number | null;
  readonly escapes: number | null;
}

/** How one reviewer does: of `seeded` bad items that were mixed in, `missed` were let pass as they were. */
export interface ReviewerLine {
  readonly user_id: string;
  readonly name: string;
  readonly decisions: number;
  readonly seeded: number;
  readonly missed: number;
  readonly median_ms: number;
}

/** How the factory does, over the last so many days; who reviews how well is told to administrators alone. */
export interface FactoryDashboard {
  readonly days: number;
  readonly jobs: number;
  readonly drafts: number;
  readonly passed: number;
  readonly accepted: number;
  readonly waiting: number;
  readonly rates: Rates;
  readonly tokens: number;
  readonly cost_micros: number;
  readonly tokens_per_accepted: number | null;
  readonly cost_micros_per_accepted: number | null;
  readonly dropped_by: Readonly<Record<string, number>>;
  readonly rejected_for: Readonly<Record<string, number>>;
  readonly reviewers: readonly ReviewerLine[];
  readonly budget: Budget;
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

/** Why an item is there: a code, the skill it is about, and, for a review, how many days ago it was last met. */
export interface Reason {
  readonly why: Why;
  readonly skill: string;
  readonly days: number;
}

/** What is wanted; `scenario` asks for items that set a scene, which need the strong models. The same brief and source under another `series` bring other items; under the same one, those that there are. */
export interface Brief {
  readonly skill: string;
  readonly level: number;
  readonly language: string;
  readonly kinds: readonly QuestionKind[];
  readonly count: number;
  readonly difficulty: number;
  readonly scenario: boolean;
  readonly note: string;
  readonly series: number;
}

/** What one gate says of a draft: passed or not, a stable code, and figures; never the item's own words. */
export interface Finding {
  readonly gate: GateName;
  readonly passed: boolean;
  readonly code: string;
  readonly figures: Readonly<Record<string, number>>;
}
