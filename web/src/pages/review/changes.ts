/** What an edit changes of an item, place by place and word by word; pure. */
import type { Key as Word } from "../../i18n";
import type { Key, QuestionKind, ReviewEdit } from "../../protocol/api";

/** One place that is another: as it was and as it becomes; empty where there is nothing. */
export interface Change {
  readonly label: Word;
  /** Of several of its kind which; 0 where there is but one. */
  readonly number: number;
  readonly before: string;
  readonly after: string;
}

export interface Piece {
  readonly is: "same" | "del" | "ins";
  readonly text: string;
}

type Say = (word: Word) => string;
/** `by` is what it is compared by: an answer stays the same answer when the option that it names is worded anew. */
type Place = Pick<Change, "label" | "number"> & { readonly id: string; readonly text: string; readonly by: string };

const OPTION: Partial<Record<QuestionKind, Word>> = { matching: "bank.option.right", ordering: "bank.option.step" };
/** More words than this are not compared one by one. */
const WORDS_MAX = 400;

function place(label: Word, text: string | number, by: unknown = text): Place {
  return { label, number: 0, id: label, text: String(text), by: JSON.stringify(by) };
}

function lines(of: Readonly<Record<string, string>>, left: (id: string) => string, right: (id: string) => string): string {
  return Object.entries(of)
    .map(([id, text]) => `${left(id)}: ${right(text)}`)
    .join("\n");
}

function rubricSaid({ rubric }: Key): string {
  return rubric
    .map(({ title, levels }) => `${title}: ${levels.map((level) => `${level.title} (${level.earned_milli / 1000})`).join(", ")}`)
    .join("\n");
}

/** The words of options and lines, by the ids that a key names them by. */
function namesIn({ content }: ReviewEdit): (id: string) => string {
  const all = [...content.options, ...content.left, ...content.gaps.flatMap(({ options }) => options)];
  const found = new Map(all.map(({ id, text }) => [id, text]));
  return (id) => found.get(id) ?? id;
}

function said(is: boolean | null, say: Say, yes: Word = "factory.yes", no: Word = "factory.no"): string {
  return is === null ? "" : say(is ? yes : no);
}

/** The same whichever was written first. */
function inOrder(names: Readonly<Record<string, string>>): readonly string[][] {
  return Object.entries(names).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function ofKey({ key, ...item }: ReviewEdit, say: Say): readonly Place[] {
  const name = namesIn({ key, ...item });
  const many = (ids: readonly string[]) => ids.map(name).join("\n");
  const same = (text: string) => text;
  return [
    place("factory.right", many(key.correct), key.correct.toSorted()),
    place("bank.truth", said(key.truth, say, "bank.true", "bank.false")),
    place("factory.pairs", lines(key.pairs, name, name), inOrder(key.pairs)),
    place("bank.order", many(key.order), key.order),
    place("bank.accepted", key.accepted.join("\n")),
    place("factory.gapAnswers", Object.entries(key.gaps).map(([gap, words]) => `${gap}: ${words.map(name).join(", ")}`).join("\n"), key.gaps),
    place("bank.number", key.number ?? ""),
    place("bank.tolerance", key.tolerance),
    place("bank.relative", said(key.relative, say)),
    place("bank.units", lines(key.units, same, same)),
    place("bank.caseSensitive", said(key.case_sensitive, say)),
    place("bank.partial", said(key.partial, say)),
    place("bank.feedback", lines(key.option_feedback, name, same), inOrder(key.option_feedback)),
    place("bank.rubric", rubricSaid(key)),
    place("bank.explanation", key.explanation),
  ];
}

function ofContent(kind: QuestionKind, { content }: ReviewEdit, other: ReviewEdit, say: Say): readonly Place[] {
  const each = (label: Word, options: ReviewEdit["content"]["options"]) =>
    options.map(({ id, text }, at) => ({ ...place(label, text), number: at + 1, id: `${label} ${id}` }));
  // In what order they stand is told where both have them; of steps the key says it.
  const kept = content.options.filter(({ id }) => kind !== "ordering" && other.content.options.some((one) => one.id === id));
  return [
    place("bank.prompt", content.prompt),
    ...each("bank.option.left", content.left),
    ...each(OPTION[kind] ?? "bank.option.choice", content.options),
    place("bank.options", kept.map(({ text }) => text).join("\n"), kept.map(({ id }) => id)),
    place("bank.gaps", content.gaps.map(({ id, options }) => `${id}: ${options.map(({ text }) => text).join(", ")}`).join("\n")),
    place("bank.shuffle", said(content.shuffle, say)),
    place("bank.maxChars", content.max_chars),
    place("bank.maxFiles", content.max_files),
    place("bank.maxMegabytes", content.max_file_bytes / 1_000_000),
    place("bank.fileTypes", content.file_types.join(", ")),
  ];
}

function placesOf(kind: QuestionKind, item: ReviewEdit, other: ReviewEdit, say: Say): ReadonlyMap<string, Place> {
  const about = [place("bank.skill", item.skills.join(", ")), place("bank.level", item.level), place("bank.difficulty", item.difficulty)];
  const all = [place("bank.titleLabel", item.title), ...ofContent(kind, item, other, say), ...ofKey(item, say), ...about];
  return new Map(all.map((one) => [one.id, one]));
}

/** The places that are others after an edit, in the order of the form; what is gone comes last. */
export function changesOf(kind: QuestionKind, before: ReviewEdit, after: ReviewEdit, say: Say): readonly Change[] {
  const was = placesOf(kind, before, after, say);
  const is = placesOf(kind, after, before, say);
  return [...new Map([...is, ...was]).keys()].flatMap((id) => {
    const [old, now] = [was.get(id), is.get(id)];
    const shown = now ?? old;
    if (!shown || old?.by === now?.by) return [];
    return [{ label: shown.label, number: shown.number, before: old?.text ?? "", after: now?.text ?? "" }];
  });
}

type Grid = (i: number, j: number) => number;

/** How many words the rest of two texts have in common, from each pair of places on. */
function common(one: readonly string[], other: readonly string[]): Grid {
  const wide = other.length + 1;
  const found = new Uint16Array((one.length + 1) * wide);
  const at: Grid = (i, j) => found[i * wide + j] ?? 0;
  for (let i = one.length - 1; i >= 0; i--)
    for (let j = other.length - 1; j >= 0; j--)
      found[i * wide + j] = one[i] === other[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  return at;
}

function walked(one: readonly string[], other: readonly string[]): readonly Piece[] {
  if (one.length > WORDS_MAX || other.length > WORDS_MAX)
    return [
      { is: "del", text: one.join("") },
      { is: "ins", text: other.join("") },
    ];
  const left = common(one, other);
  const found: Piece[] = [];
  let from = 0;
  for (const [i, word] of one.entries()) {
    // Words of the other text that come before this one, if this one stays.
    let to = from;
    while (to < other.length && other[to] !== word) to++;
    const stays = to < other.length && left(i, from) === left(i + 1, to + 1) + 1;
    if (stays) found.push(...other.slice(from, to).map((text): Piece => ({ is: "ins", text })));
    found.push({ is: stays ? "same" : "del", text: word });
    if (stays) from = to + 1;
  }
  return [...found, ...other.slice(from).map((text): Piece => ({ is: "ins", text }))];
}

/** Neighbours of one kind as one. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const found: Piece[] = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    if (last?.is === piece.is) found.splice(-1, 1, { is: last.is, text: last.text + piece.text });
    else if (piece.text !== "") found.push(piece);
  }
  return found;
}

/** A text as words that stay, are taken away, and are added. */
export function wordsOf(before: string, after: string): readonly Piece[] {
  const [one, other] = [before.split(/(?<=\s)/), after.split(/(?<=\s)/)];
  let [head, tail] = [0, 0];
  const most = Math.min(one.length, other.length);
  while (head < most && one[head] === other[head]) head++;
  while (tail < most - head && one.at(-1 - tail) === other.at(-1 - tail)) tail++;
  const middle = walked(one.slice(head, one.length - tail), other.slice(head, other.length - tail));
  return joined([{ is: "same", text: one.slice(0, head).join("") }, ...middle, { is: "same", text: one.slice(one.length - tail).join("") }]);
}
