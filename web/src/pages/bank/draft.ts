/** An item while it is written: how one of each kind begins, and what is still wrong with it; pure. */
import type { Content, Gap, Key, NewQuestion, Option, Question, QuestionKind, QuestionState } from "../../protocol/api";

export const KINDS: readonly QuestionKind[] = [
  "single_choice",
  "multiple_choice",
  "true_false",
  "short_text",
  "numeric",
  "matching",
  "ordering",
  "cloze",
  "essay",
  "file_upload",
];

export const STATES: readonly QuestionState[] = ["draft", "published", "retired"];

/** Marked by a person, with a rubric or without. */
export const BY_HAND: ReadonlySet<QuestionKind> = new Set<QuestionKind>(["essay", "file_upload"]);

export type Draft = Required<NewQuestion>;

const EMPTY_CONTENT: Content = {
  prompt: "",
  options: [],
  left: [],
  gaps: [],
  units: [],
  shuffle: true,
  max_chars: 20_000,
  max_files: 1,
  max_file_bytes: 20_000_000,
  file_types: [],
};

const EMPTY_KEY: Key = {
  correct: [],
  truth: null,
  accepted: [],
  case_sensitive: false,
  number: null,
  tolerance: "0",
  relative: false,
  units: {},
  pairs: {},
  order: [],
  gaps: {},
  partial: true,
  rubric: [],
  explanation: "",
  option_feedback: {},
};

/** A short name that none of the others has: `o1`, `o2`, and so on; never a position, so none is given twice. */
export function freshId(prefix: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) if (!taken.includes(`${prefix}${n}`)) return `${prefix}${n}`;
}

export function withOne(options: readonly Option[], prefix: string): readonly Option[] {
  return [...options, { id: freshId(prefix, options.map(({ id }) => id)), text: "" }];
}

function several(prefix: string, count: number): readonly Option[] {
  let options: readonly Option[] = [];
  for (let n = 0; n < count; n++) options = withOne(options, prefix);
  return options;
}

export function blank(kind: QuestionKind, language: string): Draft {
  const draft: Draft = {
    kind,
    title: "",
    content: EMPTY_CONTENT,
    key: EMPTY_KEY,
    skills: [],
    tags: [],
    level: 1,
    language,
    difficulty: 50,
    state: "draft",
  };
  switch (kind) {
    case "single_choice":
    case "multiple_choice":
      return { ...draft, content: { ...EMPTY_CONTENT, options: several("o", 4) } };
    case "ordering":
      return { ...draft, content: { ...EMPTY_CONTENT, options: several("o", 3) } };
    case "matching":
      return { ...draft, content: { ...EMPTY_CONTENT, left: several("l", 3), options: several("r", 3) } };
    default:
      return draft;
  }
}

/** As it is kept, made ready for the fields. What is put in order is shown in the right order. */
export function draftOf(question: Question): Draft {
  const { kind, title, content, key, skills, tags, level, language, difficulty, state } = question;
  const rank = (id: string) => key.order.indexOf(id);
  const options = kind === "ordering" ? content.options.toSorted((one, other) => rank(one.id) - rank(other.id)) : content.options;
  return { kind, title, content: { ...content, options }, key, skills, tags, level, language, difficulty, state };
}

/** As it is sent: words trimmed, and the right order said by the key. */
export function bodyOf(draft: Draft): Draft {
  const { content, key } = draft;
  const trimmed = (words: readonly string[]) => [...new Set(words.map((word) => word.trim()).filter(Boolean))];
  return {
    ...draft,
    title: draft.title.trim(),
    skills: trimmed(draft.skills),
    tags: trimmed(draft.tags),
    content: { ...content, units: Object.keys(key.units) },
    key: {
      ...key,
      accepted: trimmed(key.accepted),
      order: draft.kind === "ordering" ? content.options.map(({ id }) => id) : [],
      gaps: Object.fromEntries(Object.entries(key.gaps).map(([id, words]) => [id, trimmed(words)])),
    },
  };
}

const GAP = /\{\{([a-z0-9_-]{1,32})\}\}/g;

/** The gaps that the prompt names, in its order, each once. */
export function gapsIn(prompt: string): readonly string[] {
  return [...new Set(Array.from(prompt.matchAll(GAP), ([, id]) => id ?? ""))];
}

/** Gaps follow the prompt: a new one is a text, one that is gone takes its answers along. */
export function withPrompt({ content, key, ...rest }: Draft, prompt: string): Draft {
  if (rest.kind !== "cloze") return { ...rest, key, content: { ...content, prompt } };
  const ids = gapsIn(prompt);
  const gaps = ids.map((id): Gap => content.gaps.find((gap) => gap.id === id) ?? { id, options: [] });
  const answers = Object.fromEntries(ids.map((id) => [id, key.gaps[id] ?? []]));
  return { ...rest, content: { ...content, prompt, gaps }, key: { ...key, gaps: answers } };
}

/** An option goes, and with it what the key says of it. */
export function withoutOption({ content, key, ...rest }: Draft, id: string): Draft {
  const feedback = Object.fromEntries(Object.entries(key.option_feedback).filter(([of]) => of !== id));
  const pairs = Object.fromEntries(Object.entries(key.pairs).filter(([, right]) => right !== id));
  return {
    ...rest,
    content: { ...content, options: content.options.filter((option) => option.id !== id) },
    key: { ...key, pairs, option_feedback: feedback, correct: key.correct.filter((one) => one !== id) },
  };
}

/** What can be wrong with a field, by its last word in the catalogue: `bank.fault.${what}`. */
export type What = "needed" | "two" | "one" | "number" | "gap" | "right" | "points" | "repeated";
export type Faults = ReadonlyMap<string, What>;

const DECIMAL = /^-?\d{1,30}(\.\d{1,30})?([eE]-?\d{1,3})?$/;

function faultsOfOptions(options: readonly Option[], at: string, found: Map<string, What>): void {
  const texts = options.map(({ text }) => text.trim());
  for (const [index, text] of texts.entries()) {
    if (!text) found.set(`${at}/${index}/text`, "needed");
    else if (texts.indexOf(text) !== index) found.set(`${at}/${index}/text`, "repeated");
  }
  if (options.length < 2) found.set(at, "two");
}

function faultsOfNumber({ key }: Draft, found: Map<string, What>): void {
  if (!key.number || !DECIMAL.test(key.number)) found.set("/key/number", "number");
  if (!DECIMAL.test(key.tolerance) || key.tolerance.startsWith("-")) found.set("/key/tolerance", "number");
  for (const [unit, factor] of Object.entries(key.units))
    if (!unit.trim() || !DECIMAL.test(factor) || Number(factor) <= 0) found.set(`/key/units/${unit}`, "number");
}

function faultsOfGaps({ content, key }: Draft, found: Map<string, What>): void {
  if (content.gaps.length === 0) found.set("/content/gaps", "gap");
  for (const [index, { id, options }] of content.gaps.entries()) {
    if (options.length > 0) faultsOfOptions(options, `/content/gaps/${index}/options`, found);
    if ((key.gaps[id] ?? []).every((word) => !word.trim())) found.set(`/key/gaps/${id}`, "right");
  }
}

function faultsOfRubric({ key }: Draft, found: Map<string, What>): void {
  for (const [index, { title, levels }] of key.rubric.entries()) {
    if (!title.trim()) found.set(`/key/rubric/${index}/title`, "needed");
    for (const [step, level] of levels.entries())
      if (!level.title.trim()) found.set(`/key/rubric/${index}/levels/${step}/title`, "needed");
    if (levels.every((level) => level.earned_milli === 0)) found.set(`/key/rubric/${index}/levels`, "points");
  }
}

/** The faults of a draft by the JSON pointer of their field, the same that the server would name. */
export function faultsOf(draft: Draft): Faults {
  const found = new Map<string, What>();
  const { kind, content, key } = draft;
  if (!draft.title.trim()) found.set("/title", "needed");
  if (!content.prompt.trim()) found.set("/content/prompt", "needed");
  if (kind === "single_choice" || kind === "multiple_choice" || kind === "ordering" || kind === "matching")
    faultsOfOptions(content.options, "/content/options", found);
  if (kind === "single_choice" && key.correct.length !== 1) found.set("/key/correct", "one");
  if (kind === "multiple_choice" && key.correct.length === 0) found.set("/key/correct", "right");
  if (kind === "true_false" && key.truth === null) found.set("/key/truth", "right");
  if (kind === "short_text" && key.accepted.every((word) => !word.trim())) found.set("/key/accepted", "needed");
  if (kind === "numeric") faultsOfNumber(draft, found);
  if (kind === "matching") {
    faultsOfOptions(content.left, "/content/left", found);
    for (const { id } of content.left) if (!key.pairs[id]) found.set(`/key/pairs/${id}`, "right");
  }
  if (kind === "cloze") faultsOfGaps(draft, found);
  if (BY_HAND.has(kind)) faultsOfRubric(draft, found);
  return found;
}
