/** The few marks that a lesson's text may carry, read into blocks; pure, and no HTML ever. */

export type Span = { readonly kind: "plain" | "strong" | "em" | "code"; readonly text: string };
export type Block =
  | { readonly kind: "heading"; readonly level: 2 | 3; readonly spans: readonly Span[] }
  | { readonly kind: "paragraph"; readonly spans: readonly Span[] }
  | { readonly kind: "quote"; readonly spans: readonly Span[] }
  | { readonly kind: "bullets"; readonly items: readonly (readonly Span[])[] }
  | { readonly kind: "steps"; readonly items: readonly (readonly Span[])[] };

const MARKED = /\*\*(?<strong>[^*\n]+)\*\*|\*(?<em>[^*\n]+)\*|`(?<code>[^`\n]+)`/g;
const HEADING = /^(#{1,3})\s+(.+)$/;
const BULLET = /^\s*[-*•]\s+(.+)$/;
const STEP = /^\s*\d+[.)]\s+(.+)$/;
const QUOTE = /^>\s?(.*)$/;

export function spans(text: string): readonly Span[] {
  const found: Span[] = [];
  let from = 0;
  for (const match of text.matchAll(MARKED)) {
    if (match.index > from) found.push({ kind: "plain", text: text.slice(from, match.index) });
    const { strong, em, code } = match.groups ?? {};
    if (strong !== undefined) found.push({ kind: "strong", text: strong });
    else if (em !== undefined) found.push({ kind: "em", text: em });
    else if (code !== undefined) found.push({ kind: "code", text: code });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ kind: "plain", text: text.slice(from) });
  return found;
}

/** The lines that all fit one form, without its mark; null when one does not. */
function all(lines: readonly string[], form: RegExp): readonly string[] | null {
  const inner = lines.map((line) => form.exec(line)?.[1]);
  return inner.every((line) => line !== undefined) ? inner : null;
}

function block(lines: readonly string[]): readonly Block[] {
  const [first = "", ...rest] = lines;
  const heading = HEADING.exec(first);
  if (heading) {
    const level = heading[1]?.length === 3 ? 3 : 2;
    return [{ kind: "heading", level, spans: spans(heading[2] ?? "") }, ...(rest.length > 0 ? block(rest) : [])];
  }
  const bullets = all(lines, BULLET);
  if (bullets) return [{ kind: "bullets", items: bullets.map(spans) }];
  const steps = all(lines, STEP);
  if (steps) return [{ kind: "steps", items: steps.map(spans) }];
  const quote = all(lines, QUOTE);
  if (quote) return [{ kind: "quote", spans: spans(quote.join("\n")) }];
  return [{ kind: "paragraph", spans: spans(lines.join("\n")) }];
}

export function blocks(text: string): readonly Block[] {
  return text
    .replaceAll("\r\n", "\n")
    .split(/\n\s*\n/)
    .map((part) => part.split("\n").filter((line) => line.trim() !== ""))
    .filter((lines) => lines.length > 0)
    .flatMap(block);
}

const WORDS_A_MINUTE = 180;

export function minutesToRead(text: string): number {
  return Math.max(1, Math.round(text.split(/\s+/).filter(Boolean).length / WORDS_A_MINUTE));
}
