/** The words of the pages: one catalogue a language and area; `core` comes first, the others with the pages that say them. */
import { signal } from "@preact/signals";
import type assessment from "./en/assessment.json";
import type bank from "./en/bank.json";
import type board from "./en/board.json";
import type classroom from "./en/class.json";
import type core from "./en/core.json";
import type course from "./en/course.json";
import type exam from "./en/exam.json";
import type factory from "./en/factory.json";
import type gradebook from "./en/gradebook.json";
import type marking from "./en/marking.json";
import type people from "./en/people.json";
import type practice from "./en/practice.json";
import type question from "./en/question.json";
import type skills from "./en/skills.json";
import type status from "./en/status.json";
import type teaching from "./en/teaching.json";
import { format, parse, type Message, type Values } from "./format";

/** Every area under the name of its file. */
interface Areas {
  readonly assessment: typeof assessment;
  readonly bank: typeof bank;
  readonly board: typeof board;
  readonly class: typeof classroom;
  readonly core: typeof core;
  readonly course: typeof course;
  readonly exam: typeof exam;
  readonly factory: typeof factory;
  readonly gradebook: typeof gradebook;
  readonly marking: typeof marking;
  readonly people: typeof people;
  readonly practice: typeof practice;
  readonly question: typeof question;
  readonly skills: typeof skills;
  readonly status: typeof status;
  readonly teaching: typeof teaching;
}
export type Area = keyof Areas;
export type Key = { [A in Area]: keyof Areas[A] }[Area];
export type Locale = "en" | "ar";
type Words = Readonly<Record<string, string>>;

/** Every language under its own name, in the order of the switch. */
export const LOCALES: readonly { readonly id: Locale; readonly name: string; readonly dir: "ltr" | "rtl" }[] = [
  { id: "en", name: "English", dir: "ltr" },
  { id: "ar", name: "العربية", dir: "rtl" },
];

const STORED = "lectern.locale";
const files = import.meta.glob<Words>("./{en,ar}/*.json", { import: "default" });

interface Spoken {
  readonly locale: Locale;
  /** The reader's own variant of it, for dates and numbers: `en-GB`. */
  readonly region: string;
  readonly words: Words;
  readonly read: Map<Key, Message>;
}
const spoken = signal<Spoken>({ locale: "en", region: "en", words: {}, read: new Map() });
/** What the pages said so far, and what has come of it, in any language. */
const said = new Set<Area>(["core"]);
const here = new Map<string, Words>();

/** The language in use; whoever reads it is drawn again when it changes. */
export function locale(): Locale {
  return spoken.value.locale;
}

/** The language with the reader's country, for what Intl says by itself. */
export function region(): string {
  return spoken.value.region;
}

function regionOf(next: Locale): string {
  return navigator.languages.find((tag) => tag.split("-")[0]?.toLowerCase() === next) ?? next;
}

/** The language that this browser chose, or else asks for. */
export function wantedLocale(): Locale {
  const wanted = stored() ?? navigator.language;
  return wanted.toLowerCase().startsWith("ar") ? "ar" : "en";
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    // Storage may be forbidden; then the browser's own language holds.
    return null;
  }
}

function lacking(next: Locale): readonly string[] {
  return [...said].map((area) => `./${next}/${area}.json`).filter((file) => !here.has(file));
}

/** Until nothing lacks, because another page may have come to want its words meanwhile. */
async function fetchAll(next: Locale): Promise<void> {
  for (let lacks = lacking(next); lacks.length > 0; lacks = lacking(next)) await Promise.all(lacks.map(fetchOne));
}

function together(next: Locale): Words {
  return Object.assign({}, ...[...said].map((area) => here.get(`./${next}/${area}.json`))) as Words;
}

async function fetchOne(file: string): Promise<void> {
  const load = files[file];
  if (!load) throw new Error(`There are no words in ${file}.`);
  here.set(file, await load());
}

/** Fetches a language, as far as the pages have needed it, and turns the page to it. */
export async function speak(next: Locale): Promise<void> {
  await fetchAll(next);
  spoken.value = { locale: next, region: regionOf(next), words: together(next), read: new Map() };
  document.documentElement.lang = next;
  document.documentElement.dir = LOCALES.find(({ id }) => id === next)?.dir ?? "ltr";
}

/** Fetches what a page says besides the core; it holds for every language that is turned to later. */
export async function learn(areas: readonly Area[]): Promise<void> {
  if (areas.every((area) => said.has(area)) && lacking(locale()).length === 0) return;
  for (const area of areas) said.add(area);
  await fetchAll(locale());
  // The language may have been turned meanwhile; by then it had these words as well.
  spoken.value = { ...spoken.value, words: together(locale()), read: new Map() };
}

/** Turns to a language and keeps it for the next visit. */
export async function choose(next: Locale): Promise<void> {
  await speak(next);
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // Storage may be forbidden; the choice then holds for this visit.
  }
}

export function t(key: Key, values: Values = {}): string {
  const { region: reader, words, read } = spoken.value;
  let message = read.get(key);
  if (!message) {
    message = parse(words[key] ?? key);
    read.set(key, message);
  }
  return format(message, values, reader);
}

/** A size of a file; nothing is smaller than a tenth. */
export function megabytes(bytes: number): string {
  return t("question.megabytes", { size: Math.max(0.1, Math.round(bytes / 100_000) / 10) });
}

/** The key of a family whose last part is known only at run time, or else the fallback. */
export function keyOr(key: string, fallback: Key): Key {
  return key in spoken.value.words ? (key as Key) : fallback;
}
