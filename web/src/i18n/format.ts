/** The ICU message subset of the catalogue: plain, plural, selectordinal, select, number, date, time. */

export type Value = string | number | Date;
export type Values = Readonly<Record<string, Value>>;

type Choice = "plural" | "selectordinal" | "select";
type Style = "number" | "date" | "time";
export type Part =
  | string
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "count" }
  | { readonly kind: Style; readonly name: string; readonly style: string }
  | Chosen;
interface Chosen {
  readonly kind: Choice;
  readonly name: string;
  readonly options: ReadonlyMap<string, Message>;
}
export type Message = readonly Part[];

const NUMBERS: Readonly<Record<string, Intl.NumberFormatOptions>> = {
  plain: {},
  percent: { style: "percent", maximumFractionDigits: 0 },
  one: { maximumFractionDigits: 1 },
};
const DATES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  short: { day: "numeric", month: "short" },
  medium: { day: "numeric", month: "short", year: "numeric" },
  long: { weekday: "long", day: "numeric", month: "long" },
  weekday: { weekday: "short" },
};
const TIMES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  short: { hour: "2-digit", minute: "2-digit" },
  medium: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

/** Reads one message; a brace is always syntax, an apostrophe always itself. */
class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  message(nested: boolean): Message {
    const parts: Part[] = [];
    let plain = "";
    for (; this.at < this.text.length; this.at++) {
      const char = this.text.charAt(this.at);
      if (char === "}" && nested) break;
      if (char === "}") throw this.fault("a closing brace without its opening one");
      if (char !== "{" && !(char === "#" && nested)) {
        plain += char;
        continue;
      }
      if (plain) parts.push(plain);
      plain = "";
      if (char === "#") parts.push({ kind: "count" });
      else parts.push(this.argument());
    }
    if (nested && this.at >= this.text.length) throw this.fault("a choice that is not closed");
    if (plain) parts.push(plain);
    return parts;
  }

  private argument(): Part {
    this.at += 1;
    const name = this.word();
    if (this.take("}")) return { kind: "value", name };
    this.expect(",");
    const kind = this.word();
    if (kind === "number" || kind === "date" || kind === "time") {
      const style = this.take(",") ? this.word() : kind === "number" ? "plain" : "short";
      this.expect("}");
      return { kind, name, style };
    }
    if (kind !== "plural" && kind !== "selectordinal" && kind !== "select") throw this.fault(`the unknown form ${kind}`);
    this.expect(",");
    return { kind, name, options: this.options() };
  }

  private options(): ReadonlyMap<string, Message> {
    const options = new Map<string, Message>();
    for (;;) {
      this.space();
      if (this.take("}")) break;
      const word = this.word();
      this.expect("{");
      this.at += 1;
      options.set(word, this.message(true));
      this.expect("}");
      this.at += 1;
    }
    if (!options.has("other")) throw this.fault("a choice without `other`");
    return options;
  }

  /** Leaves the reader on the last character of what it took. */
  private take(char: string): boolean {
    this.space();
    if (this.text.charAt(this.at) !== char) return false;
    if (char === ",") this.at += 1;
    return true;
  }

  private expect(char: string): void {
    if (!this.take(char)) throw this.fault(`no ${char}`);
  }

  private word(): string {
    this.space();
    const found = /^[\w=]+/.exec(this.text.slice(this.at))?.[0];
    if (!found) throw this.fault("no name");
    this.at += found.length;
    return found;
  }

  private space(): void {
    while (this.text.charAt(this.at) === " " || this.text.charAt(this.at) === "\n") this.at += 1;
  }

  private fault(what: string): Error {
    return new Error(`The message «${this.text}» has ${what} at ${this.at}.`);
  }
}

export function parse(text: string): Message {
  return new Reader(text).message(false);
}

const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/;

/** A name of the other direction may not pull the sentence around it along. */
function isolated(text: string, locale: string): string {
  const foreign = locale.startsWith("ar") ? /[A-Za-z\u00C0-\u024F]/.test(text) : RIGHT_TO_LEFT.test(text);
  return foreign ? `\u2068${text}\u2069` : text;
}

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.PluralRules>();

function once<Maker extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.PluralRules>(key: string, make: () => Maker): Maker {
  const found = made.get(key) as Maker | undefined;
  if (found) return found;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

function number(value: number, locale: string, style = "plain"): string {
  return once(`n ${locale} ${style}`, () => new Intl.NumberFormat(locale, NUMBERS[style])).format(value);
}

function moment(value: Value, locale: string, styles: typeof DATES, style: string): string {
  const date = value instanceof Date ? value : new Date(value);
  const key = `${styles === DATES ? "d" : "t"} ${locale} ${style}`;
  return once(key, () => new Intl.DateTimeFormat(locale, styles[style])).format(date);
}

function chosen(part: Chosen, value: Value | undefined, locale: string): Message {
  const exact = part.kind === "select" ? String(value) : `=${String(value)}`;
  const type = part.kind === "selectordinal" ? "ordinal" : "cardinal";
  const rule = () => once(`p ${locale} ${type}`, () => new Intl.PluralRules(locale, { type })).select(Number(value));
  const options = part.options;
  return options.get(exact) ?? (part.kind === "select" ? undefined : options.get(rule())) ?? options.get("other") ?? [];
}

export function format(message: Message, values: Values, locale: string, count = 0): string {
  let said = "";
  for (const part of message) {
    if (typeof part === "string") {
      said += part;
      continue;
    }
    if (part.kind === "count") {
      said += number(count, locale);
      continue;
    }
    const value = values[part.name];
    if (part.kind === "plural" || part.kind === "selectordinal" || part.kind === "select")
      said += format(chosen(part, value, locale), values, locale, typeof value === "number" ? value : count);
    else if (value === undefined) said += `{${part.name}}`;
    else if (part.kind === "date") said += moment(value, locale, DATES, part.style);
    else if (part.kind === "time") said += moment(value, locale, TIMES, part.style);
    else if (part.kind === "number") said += number(Number(value), locale, part.style);
    else said += typeof value === "number" ? number(value, locale) : isolated(String(value), locale);
  }
  return said;
}
