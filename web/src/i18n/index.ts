/** The words of the pages: one catalogue a language, `t()` typed by its keys. */
import { signal } from "@preact/signals";
import type en from "./en.json";
import { format, parse, type Message, type Values } from "./format";

export type Key = keyof typeof en;
export type Locale = "en" | "ar";
type Catalogue = Readonly<Record<Key, string>>;

/** Every language under its own name, in the order of the switch. */
export const LOCALES: readonly { readonly id: Locale; readonly name: string; readonly dir: "ltr" | "rtl" }[] = [
  { id: "en", name: "English", dir: "ltr" },
  { id: "ar", name: "العربية", dir: "rtl" },
];

const STORED = "lectern.locale";
const load: Readonly<Record<Locale, () => Promise<{ default: Catalogue }>>> = {
  en: () => import("./en.json"),
  ar: () => import("./ar.json"),
};

interface Spoken {
  readonly locale: Locale;
  /** The reader's own variant of it, for dates and numbers: `en-GB`. */
  readonly region: string;
  readonly words: Catalogue | null;
  readonly read: Map<Key, Message>;
}
const spoken = signal<Spoken>({ locale: "en", region: "en", words: null, read: new Map() });

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

/** Fetches a language and turns the page to it. */
export async function speak(next: Locale): Promise<void> {
  const { default: words } = await load[next]();
  spoken.value = { locale: next, region: regionOf(next), words, read: new Map() };
  document.documentElement.lang = next;
  document.documentElement.dir = LOCALES.find(({ id }) => id === next)?.dir ?? "ltr";
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
  const { region: said, words, read } = spoken.value;
  let message = read.get(key);
  if (!message) {
    message = parse(words?.[key] ?? key);
    read.set(key, message);
  }
  return format(message, values, said);
}

/** A size of a file; nothing is smaller than a tenth. */
export function megabytes(bytes: number): string {
  return t("question.megabytes", { size: Math.max(0.1, Math.round(bytes / 100_000) / 10) });
}

/** The key of a family whose last part is known only at run time, or else the fallback. */
export function keyOr(key: string, fallback: Key): Key {
  const { words } = spoken.value;
  return words && key in words ? (key as Key) : fallback;
}
