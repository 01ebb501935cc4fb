/** Every language says the same things, with the same values, in all of its plurals. */
import { describe, expect, test } from "vitest";
import { parse, type Message } from "../../src/i18n/format";

type Words = Readonly<Record<string, string>>;
const AREAS = import.meta.glob<Words>("../../src/i18n/{en,ar}/*.json", { import: "default", eager: true });
const SOURCES = import.meta.glob<string>("../../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

/** The areas of a language, by the names of their files. */
function areas(locale: string): Readonly<Record<string, Words>> {
  const own = Object.entries(AREAS).filter(([path]) => path.includes(`/${locale}/`));
  return Object.fromEntries(own.map(([path, words]) => [path.replace(/.*\//, "").replace(".json", ""), words]));
}

const ENGLISH = areas("en");
const en: Words = Object.assign({}, ...Object.values(ENGLISH)) as Words;
const ar: Words = Object.assign({}, ...Object.values(areas("ar"))) as Words;
const CATALOGUES = { en, ar } as const;

function values(message: Message): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of message) {
    if (typeof part === "string" || part.kind === "count") continue;
    found.set(part.name, part.kind);
    if ("options" in part) for (const option of part.options.values()) for (const [name, kind] of values(option)) found.set(name, kind);
  }
  return found;
}

function plurals(message: Message): readonly (readonly string[])[] {
  return message.flatMap((part) => {
    if (typeof part === "string" || !("options" in part)) return [];
    const own = part.kind === "plural" ? [[...part.options.keys()].filter((key) => !key.startsWith("="))] : [];
    return [...own, ...[...part.options.values()].flatMap(plurals)];
  });
}

describe.each(Object.entries(CATALOGUES))("the catalogue in %s", (locale, words) => {
  test.each(Object.entries(ENGLISH))("has every key of the English area %s, in its order", (area, said) => {
    expect(Object.keys(areas(locale)[area] ?? {})).toEqual(Object.keys(said));
  });

  test("says each thing in one area only", () => {
    const keys = Object.values(areas(locale)).flatMap((area) => Object.keys(area));
    expect(keys.length).toBe(Object.keys(words).length);
  });

  test.each(Object.entries(words))("says %s in a form that can be read", (key, text) => {
    expect(text.trim()).not.toBe("");
    expect(text).not.toMatch(/<\w/);
    expect(values(parse(text))).toEqual(values(parse(en[key] ?? "")));
  });

  test("has every plural that the language has", () => {
    const wanted: readonly string[] = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
    const lacks = (said: readonly string[]) => wanted.some((category) => !said.includes(category));
    const lacking = Object.entries(words).filter(([, text]) => plurals(parse(text)).some(lacks));
    expect(lacking).toEqual([]);
  });
});

/** How a source names a key: whole, or as a family whose last part is known only at run time: `status.part.${name}`. */
function names(source: string, key: string): boolean {
  if (source.includes(`"${key}"`)) return true;
  const parts = key.split(".");
  const stem = parts.slice(0, -1).join(".");
  const tail = parts.at(-1) ?? "";
  const heads = ["", ...Array.from(tail.matchAll(/_/g), ({ index }) => tail.slice(0, index + 1))];
  return heads.some((head) => source.includes(`\`${stem}.${head}\${`));
}

test("no word is kept that no page says", () => {
  const said = Object.values(SOURCES).join("\n");
  expect(Object.keys(en).filter((key) => !names(said, key))).toEqual([]);
});

const ROOT = "../../src/";
const ROUTES = SOURCES[`${ROOT}pages/routes.tsx`] ?? "";
const ROUTE = /pattern: "([^"]*)"(?:, open: true)?(?:, says: \[([^\]]*)\])?, load: .*import\("\.\/([^"]+)"\)/g;
const PAGES = Array.from(ROUTES.matchAll(ROUTE), ([, pattern = "", says = "", file = ""]) => ({
  pattern,
  says: says.split(",").map((area) => area.replaceAll(/[" ]/g, "")).filter(Boolean),
  file: `${ROOT}pages/${file}`,
}));

function sourceAt(path: string): string | undefined {
  return [`${path}.ts`, `${path}.tsx`, `${path}/index.tsx`, `${path}/index.ts`].find((file) => file in SOURCES);
}

/** A source with all that it imports, now or later, but for what only its types need. */
function reached(path: string, seen = new Set<string>()): ReadonlySet<string> {
  const file = sourceAt(path);
  if (!file || seen.has(file)) return seen;
  seen.add(file);
  const imports = (SOURCES[file] ?? "").matchAll(/(?:^import (?!type)[^;]*?from |import\()"(\.[^"]+)"/gm);
  for (const [, next = ""] of imports) reached(new URL(next, `file:///a/b/${file.replace("../../", "")}`).pathname.replace("/a/b/", "../../"), seen);
  return seen;
}

test("every route is seen by the test that follows", () => {
  expect(PAGES.length).toBe([...ROUTES.matchAll(/pattern: "/g)].length);
  expect(PAGES.flatMap(({ file }) => sourceAt(file) ?? []).length).toBe(PAGES.length);
});

/** What a page may say: the sources among its own that speak at all. */
function spoken(file: string): readonly string[] {
  return [...reached(file)].map((one) => SOURCES[one] ?? "").filter((source) => /from "(?:\.\.\/)+i18n"/.test(source));
}

test.each(PAGES)("the page at $pattern has fetched every word that it says", ({ says, file }) => {
  const here = new Set(["core", ...says].flatMap((area) => Object.keys(ENGLISH[area] ?? {})));
  const lacking = Object.keys(en).filter((key) => !here.has(key));
  const sources = spoken(file);
  expect(lacking.filter((key) => sources.some((source) => names(source, key)))).toEqual([]);
});

test.each(PAGES)("the page at $pattern fetches no words that it never says", ({ says, file }) => {
  const sources = spoken(file);
  expect(says.filter((area) => !Object.keys(ENGLISH[area] ?? {}).some((key) => sources.some((source) => names(source, key))))).toEqual([]);
});
