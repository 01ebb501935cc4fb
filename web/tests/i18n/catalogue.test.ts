/** Every language says the same things, with the same values, in all of its plurals. */
import { describe, expect, test } from "vitest";
import ar from "../../src/i18n/ar.json";
import en from "../../src/i18n/en.json";
import { parse, type Message } from "../../src/i18n/format";

const CATALOGUES = { en, ar } as const;
const SOURCES = import.meta.glob<string>("../../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

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
  test("has every key of the English one, in its order", () => {
    expect(Object.keys(words)).toEqual(Object.keys(en));
  });

  test.each(Object.entries(words))("says %s in a form that can be read", (key, text) => {
    expect(text.trim()).not.toBe("");
    expect(text).not.toMatch(/<\w/);
    expect(values(parse(text))).toEqual(values(parse(en[key as keyof typeof en])));
  });

  test("has every plural that the language has", () => {
    const wanted: readonly string[] = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
    const lacks = (said: readonly string[]) => wanted.some((category) => !said.includes(category));
    const lacking = Object.entries(words).filter(([, text]) => plurals(parse(text)).some(lacks));
    expect(lacking).toEqual([]);
  });
});

test("no word is kept that no page says", () => {
  const said = Object.values(SOURCES).join("\n");
  const isSaid = (key: string) => said.includes(`"${key}"`) || isOfFamily(said, key);
  expect(Object.keys(en).filter((key) => !isSaid(key))).toEqual([]);
});

/** A key whose last part is known only at run time: `status.part.${name}`. */
function isOfFamily(said: string, key: string): boolean {
  const parts = key.split(".");
  const stem = parts.slice(0, -1).join(".");
  const tail = parts.at(-1) ?? "";
  const heads = ["", ...Array.from(tail.matchAll(/_/g), ({ index }) => tail.slice(0, index + 1))];
  const families = heads.map((head) => `\`${stem}.${head}\${`);
  return families.some((family) => said.includes(family));
}
