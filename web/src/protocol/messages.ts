// GENERATED from signaling/protocol.py by `python -m server generate`. Do not edit.

export const CHAT_TEXT_MAX_BYTES = 2048;
export const MESSAGE_MAX_BYTES = 65536;
export const JSON_MAX_DEPTH = 12;
export const ID_MAX_CHARS = 64;
export const SDP_MAX_CHARS = 60000;
export const WANTS_MAX = 64;

export type ClassRole = "teacher" | "student" | "proctor" | "observer";
export type Source = "mic" | "camera" | "screen" | "screen_audio";
export type Reaction = "yes" | "no" | "applause" | "laugh" | "heart" | "think";

/** Say something to the whole class; plain text, 1 to 2048 bytes of UTF-8. */
export interface ChatSend {
  readonly id: string;
  readonly text: string;
}

/** Take a message back (its author or a teacher); `message` is the seq of its event. */
export interface ChatDelete {
  readonly id: string;
  readonly message: number;
}

/** Raise one's own hand; it takes the last place in the queue. */
export interface HandRaise {
  readonly id: string;
}

/** Lower one's own hand, or, as a teacher, another person's. */
export interface HandLower {
  readonly id: string;
  readonly user?: string | null;
}

/** Say that one's own source is on or off (muted). */
export interface TrackSet {
  readonly id: string;
  readonly source: Source;
  readonly on: boolean;
}

/** A teacher switches another person's source off; only that person can switch it on. */
export interface PersonMute {
  readonly id: string;
  readonly user: string;
  readonly source: Source;
}

/** A teacher gives another person of the class a role. */
export interface PersonRole {
  readonly id: string;
  readonly user: string;
  readonly role: ClassRole;
}

/** A teacher removes a person, who cannot come in again for an hour. */
export interface PersonRemove {
  readonly id: string;
  readonly user: string;
}

/** Leave for good (closing the tab without it is noticed by the heartbeat). */
export interface ClassLeave {
  readonly id: string;
}

/** Somebody is typing; not logged, coalesced. */
export type ChatTyping = Readonly<Record<string, never>>;

/** A reaction that floats by; not logged. */
export interface ReactionSend {
  readonly kind: Reaction;
}

/** The heartbeat, once a second; silent for 3 s means away, for 10 s more means left. */
export type Beat = Readonly<Record<string, never>>;

/** The offer of the sending connection; its m-lines are, in order, `sources`. */
export interface MediaPublish {
  readonly id: string;
  readonly sdp: string;
  readonly sources: readonly Source[];
}

/** Ask for the receiving connection: the server answers with `media.offer`; a new one replaces the old. */
export interface MediaSubscribe {
  readonly id: string;
}

/** The answer to offer `n`; an old `n` is ignored. */
export interface MediaAnswer {
  readonly n: number;
  readonly sdp: string;
}

/** What this browser shows now; a video track that is not named is not sent. */
export interface MediaWant {
  readonly tracks: readonly Want[];
}

/** One track and the width, in device pixels, at which it is shown. */
export interface Want {
  readonly track: string;
  readonly width: number;
}

/** The auth of the CONNECT packet: the join token and, when resuming, where from. */
export interface Connect {
  readonly token: string;
  readonly epoch?: number | null;
  readonly seq?: number | null;
}

/** Done and durable; `seq` is the event's number where one was logged, `sdp` an answer. */
export interface Ok {
  readonly ok: true;
  readonly seq?: number;
  readonly sdp?: string;
}

/** Nothing happened; `code` is stable, `message` is a sentence for people. */
export interface Failed {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
}

/** A person came in (again). */
export interface PersonJoined {
  readonly user: string;
  readonly name: string;
  readonly role: ClassRole;
}

/** A person went: left by themselves, was lost, or was removed. */
export interface PersonLeft {
  readonly user: string;
  readonly reason: "left" | "lost" | "removed";
}

/** A person has another role now. */
export interface RoleGiven {
  readonly user: string;
  readonly role: ClassRole;
}

/** Somebody said something; the message's id is the event's seq. */
export interface ChatSaid {
  readonly user: string;
  readonly name: string;
  readonly text: string;
}

/** A message was taken back; its text is gone from every later snapshot and replay. */
export interface ChatDeleted {
  readonly message: number;
}

/** A file that is there; where to fetch it, each browser asks by itself: GET /uploads/{id}. */
export interface ClassFile {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** Somebody has sent a file to the class; it is a line of the chat, and is taken back like one. */
export interface UploadReady {
  readonly user: string;
  readonly name: string;
  readonly file: ClassFile;
}

/** A hand went up, at the end of the queue. */
export interface HandRaised {
  readonly user: string;
}

/** A hand went down. */
export interface HandLowered {
  readonly user: string;
}

/** A person's source is on or off; `by` of the event says who did it. */
export interface TrackChanged {
  readonly user: string;
  readonly source: Source;
  readonly on: boolean;
}

/** There is a quick quiz; what it asks, each browser asks by itself: GET /quizzes/{id}. */
export interface QuizPosed {
  readonly quiz: string;
}

/** The key of a quiz and the counts may be seen now. */
export interface QuizRevealed {
  readonly quiz: string;
}

/** The class is over for everyone. */
export type ClassClosed = Readonly<Record<string, never>>;

/** One person who is in the class. */
export interface Person {
  readonly user: string;
  readonly name: string;
  readonly role: ClassRole;
  readonly joined_at: number;
  readonly tracks: readonly Source[];
}

/** One chat message, or a file with its name as `text`; `text` is null, and no file there, once it was deleted. */
export interface ChatLine {
  readonly seq: number;
  readonly at: number;
  readonly user: string;
  readonly name: string;
  readonly text: string | null;
  readonly file?: ClassFile;
}

/** One raised hand; their order in the list is the order of the queue. */
export interface Hand {
  readonly user: string;
  readonly at: number;
}

/** The latest quiz of the class. */
export interface QuizNow {
  readonly quiz: string;
  readonly revealed: boolean;
}

/** The class as a joiner sees it; `chat` holds the latest 200 messages. */
export interface State {
  readonly closed: boolean;
  readonly people: readonly Person[];
  readonly chat: readonly ChatLine[];
  readonly hands: readonly Hand[];
  readonly quiz: QuizNow | null;
}

/** The state after event `seq`; `you` and `heartbeat_ms` are for this browser alone. */
export interface Snapshot {
  readonly epoch: number;
  readonly seq: number;
  readonly you: string;
  readonly server_time: number;
  readonly heartbeat_ms: number;
  readonly away: readonly string[];
  readonly state: State;
}

/** What was missed since the (epoch, seq) that the browser resumed from, in order. */
export interface Replay {
  readonly epoch: number;
  readonly seq: number;
  readonly you: string;
  readonly server_time: number;
  readonly heartbeat_ms: number;
  readonly away: readonly string[];
  readonly events: readonly Event[];
}

/** These people are typing. */
export interface TypingNotice {
  readonly type: "typing";
  readonly users: readonly string[];
}

/** A reaction floats by. */
export interface ReactionNotice {
  readonly type: "reaction";
  readonly user: string;
  readonly kind: Reaction;
}

/** Somebody's link is lost for the moment (away), or is back. */
export interface PresenceNotice {
  readonly type: "presence";
  readonly user: string;
  readonly away: boolean;
}

/** Who speaks now, loudest first. */
export interface SpeakersNotice {
  readonly type: "speakers";
  readonly users: readonly string[];
}

/** One m-line of the receiving connection; `track` is null while it is empty. */
export interface Slot {
  readonly mid: string;
  readonly track: string | null;
  readonly user: string | null;
  readonly source: Source | null;
  readonly paused: boolean;
}

/** What plays in the slots of this browser's receiving connection. */
export interface SlotsNotice {
  readonly type: "media.slots";
  readonly slots: readonly Slot[];
}

/** How this browser's receiving link is: bits per second that fit, and what was left out. */
export interface LinkNotice {
  readonly type: "media.link";
  readonly estimate_bps: number;
  readonly state: "good" | "slow" | "audio_only";
}

/** A media connection is gone (node died, path lost): publish and subscribe anew. */
export interface MediaLostNotice {
  readonly type: "media.lost";
  readonly direction: "publish" | "subscribe" | "both";
}

/** The same person joined from elsewhere; this connection ends and must not come back by itself. */
export interface ReplacedNotice {
  readonly type: "replaced";
}

/** This connection ends: removed, signed out, or the class closed. Do not come back by yourself. */
export interface EndedNotice {
  readonly type: "ended";
  readonly reason: "removed" | "signed_out" | "closed";
}

/** Come back after `delay_ms` (full jitter on top): the node drains or this reader was too slow. */
export interface ResumeNotice {
  readonly type: "resume";
  readonly delay_ms: number;
}

/** The server's offer for the receiving connection: sent as `media.offer`, answered by `media.answer`. */
export interface MediaOffer {
  readonly n: number;
  readonly sdp: string;
}

/** `data` of a refused CONNECT. */
export interface ConnectRefusal {
  readonly code: string;
  readonly retry_ms: number | null;
}

/** What a browser may send: event name to body. */
export interface ClientBodies {
  readonly "chat.send": ChatSend;
  readonly "chat.delete": ChatDelete;
  readonly "hand.raise": HandRaise;
  readonly "hand.lower": HandLower;
  readonly "track.set": TrackSet;
  readonly "person.mute": PersonMute;
  readonly "person.role": PersonRole;
  readonly "person.remove": PersonRemove;
  readonly "class.leave": ClassLeave;
  readonly "chat.typing": ChatTyping;
  readonly "reaction.send": ReactionSend;
  readonly "beat": Beat;
  readonly "media.publish": MediaPublish;
  readonly "media.subscribe": MediaSubscribe;
  readonly "media.answer": MediaAnswer;
  readonly "media.want": MediaWant;
}

export type ClientEventName = keyof ClientBodies;

/** Decided by the class's owner and logged; sent again with the same id after a break. */
export const COMMANDS = ["chat.send", "chat.delete", "hand.raise", "hand.lower", "track.set", "person.mute", "person.role", "person.remove", "class.leave"] as const;
export type CommandName = (typeof COMMANDS)[number];

export type Ack = Ok | Failed;

/** What is logged: event type to data. */
export interface EventTypes {
  readonly "person.joined": PersonJoined;
  readonly "person.left": PersonLeft;
  readonly "person.role": RoleGiven;
  readonly "chat.said": ChatSaid;
  readonly "chat.deleted": ChatDeleted;
  readonly "upload.ready": UploadReady;
  readonly "hand.raised": HandRaised;
  readonly "hand.lowered": HandLowered;
  readonly "track.changed": TrackChanged;
  readonly "quiz.posed": QuizPosed;
  readonly "quiz.revealed": QuizRevealed;
  readonly "class.closed": ClassClosed;
}

/** One logged event; the class of `data` is `EVENT_TYPES[type]`. `at` is server time in milliseconds since 1970; `by` is a user id, or "class" for the class itself. */
export type Event = {
  [Type in keyof EventTypes]: {
    readonly epoch: number;
    readonly seq: number;
    readonly type: Type;
    readonly at: number;
    readonly by: string;
    readonly data: EventTypes[Type];
  };
}[keyof EventTypes];

export type NoticeData = TypingNotice | ReactionNotice | PresenceNotice | SpeakersNotice | SlotsNotice | LinkNotice | MediaLostNotice | ReplacedNotice | EndedNotice | ResumeNotice;
