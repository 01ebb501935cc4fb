/** Answers by kind, and what counts as one; pure. */
import type { AnswerBody, Content, ItemResult, Key, Option, QuestionKind, Upload } from "../../protocol/api";

export type Value = AnswerBody["value"];

/** What every kind is given. */
export interface KindProps {
  readonly content: Content;
  readonly pictures: Readonly<Record<string, string>>;
  readonly value: Value | null;
  /** Without it the answer can be read, not changed. */
  readonly onValue: ((value: Value) => void) | undefined;
  readonly review: Review | undefined;
  /** Begins the ids of the controls: unlike those of any other question on the page. */
  readonly name: string;
  readonly files: FileWays | undefined;
}

/** How an answer went, as far as it may be seen. */
export interface Review {
  readonly key: Key | null;
  readonly correct: ItemResult["correct"];
}

/** How files get to the school and back: the page knows the way, a question does not. */
export interface FileWays {
  readonly send: (file: File, onProgress: (share: number) => void) => Promise<Upload>;
  readonly about: (id: string) => Promise<Upload>;
}

/** Whether one of the types of a question (.pdf, image/*, text/csv; none allows all) fits; as lms/grading/handed.py has it. */
export function isOfType(types: readonly string[], { name, type }: { readonly name: string; readonly type: string }): boolean {
  const fits = (wanted: string): boolean => {
    if (wanted.startsWith(".")) return name.toLowerCase().endsWith(wanted);
    return wanted.endsWith("/*") ? type.toLowerCase().startsWith(wanted.slice(0, -1)) : type.toLowerCase() === wanted;
  };
  return types.length === 0 || types.some((wanted) => fits(wanted.toLowerCase()));
}

export function textOf(value: Value | null): string {
  return typeof value === "string" ? value : "";
}

export function listOf(value: Value | null): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

export function mapOf(value: Value | null): Readonly<Record<string, string>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, string>>) : {};
}

export function isAnswered(kind: QuestionKind, value: Value | null | undefined): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "boolean") return true;
  if (typeof value === "string") return value.trim() !== "";
  if (Array.isArray(value)) return value.length > 0;
  const given = mapOf(value);
  return kind === "numeric" ? (given["number"] ?? "").trim() !== "" : Object.values(given).some((one) => one.trim() !== "");
}

const DIGITS = "٠١٢٣٤٥٦٧٨٩";
const NUMBER = /^-?\d{1,30}(\.\d{1,30})?([eE]-?\d{1,3})?$/;

/** "٣٫٢" and "3,2" as "3.2": what is typed on any keyboard, as the wire has it. */
export function plainNumber(typed: string): string {
  return typed
    .replaceAll(/[٠-٩]/g, (digit) => String(DIGITS.indexOf(digit)))
    .replaceAll(/[\s\u200e\u200f\u061c]/g, "")
    .replaceAll("−", "-")
    .replaceAll(/[,٫]/g, ".")
    .replace(/^\+/, "");
}

export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

/** Whether a text counts as one of those that are accepted; as lms/grading/wording.py has it, but for rare letters. */
export function readsAs(text: string, accepted: readonly string[], caseSensitive: boolean): boolean {
  const read = (one: string) => {
    const plain = one.normalize("NFKC").replaceAll(/\p{Cf}/gu, "").replaceAll(/[٠-٩]/g, (digit) => String(DIGITS.indexOf(digit))).trim().replaceAll(/\s+/g, " ");
    return caseSensitive ? plain : plain.toLowerCase();
  };
  return accepted.some((one) => read(one) === read(text));
}

/** A, B, C: the name of a choice beside its text. */
export function letterAt(index: number): string {
  return index < 26 ? String.fromCodePoint(65 + index) : String(index + 1);
}

/** Markdown without its marks, for lists that can show only words. */
export function plainWords(text: string): string {
  return text
    .replaceAll(/!\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[*`$]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** A choice in a list of words: its letter, and its words where it has any that are no formula. */
export function lettered(text: string, place: number): string {
  const words = /[$\\]|!\[/.test(text) ? "" : plainWords(text);
  return words === "" ? letterAt(place) : `${letterAt(place)} · ${words}`;
}

/** The ids in the order that the learner gave, then those that the answer does not name. */
export function ordered(options: readonly Option[], value: Value | null): readonly Option[] {
  const known = new Map(options.map((option) => [option.id, option]));
  const given = listOf(value).flatMap((id) => known.get(id) ?? []);
  return [...given, ...options.filter(({ id }) => !given.some((one) => one.id === id))];
}

export function moved<Item>(items: readonly Item[], from: number, to: number): readonly Item[] {
  const rest = items.filter((_, at) => at !== from);
  const item = items[from];
  return item === undefined || to < 0 || to >= items.length ? items : [...rest.slice(0, to), item, ...rest.slice(to)];
}
