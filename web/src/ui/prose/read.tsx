/** Reads Markdown into elements, never into HTML: what is not named here cannot come out. */
import { Marked, type MarkedToken, type Token, type TokenizerAndRendererExtension, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { ProseProps } from "../prose";
import { Maths } from "./maths";
import { useSideways } from "./sideways";

/** A link may lead there, and nowhere else. */
const WAYS = /^(?:https?:\/\/|mailto:)/i;
const PICTURE = /^upload:(?<id>[\w-]{1,64})$/;
const GAP = /^\{\{(?<id>[a-z0-9_-]{1,32})\}\}/;
/** `$x$` but no price: a dollar that opens has no space after it, one that closes none before it and no digit behind it. */
const INLINE_MATHS = /^(?:\$\$(?<display>[^$]+?)\$\$|\$(?!\s)(?<dollars>(?:\\[^\n]|[^$\\\n])+?)(?<!\s)\$(?!\d)|\\\((?<round>.+?)\\\))/s;
const BLOCK_MATHS = /^(?:\$\$(?<dollars>[\s\S]+?)\$\$|\\\[(?<square>[\s\S]+?)\\\])[ \t]*(?:\n|$)/;
const DEEPEST = 24;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00A0", "#39": "'" };

function startOf(text: string, marks: readonly string[]): number | undefined {
  const found = marks.map((mark) => text.indexOf(mark)).filter((at) => at >= 0);
  return found.length > 0 ? Math.min(...found) : undefined;
}

const blockMaths: TokenizerAndRendererExtension = {
  name: "blockMaths",
  level: "block",
  start: (text) => startOf(text, ["\n$$", "\n\\["]),
  tokenizer: (text) => {
    const { 0: raw = "", groups } = BLOCK_MATHS.exec(text) ?? {};
    return groups ? { type: "blockMaths", raw, text: groups["dollars"] ?? groups["square"] ?? "" } : undefined;
  },
};

const inlineMaths: TokenizerAndRendererExtension = {
  name: "inlineMaths",
  level: "inline",
  start: (text) => startOf(text, ["$", "\\("]),
  tokenizer: (text) => {
    const { 0: raw = "", groups } = INLINE_MATHS.exec(text) ?? {};
    if (!groups) return undefined;
    const { display, dollars, round } = groups;
    return { type: "inlineMaths", raw, text: display ?? dollars ?? round ?? "", display: display !== undefined };
  },
};

const gap: TokenizerAndRendererExtension = {
  name: "gap",
  level: "inline",
  start: (text) => startOf(text, ["{{"]),
  tokenizer: (text) => {
    const { 0: raw = "", groups } = GAP.exec(text) ?? {};
    return groups ? { type: "gap", raw, text: groups["id"] ?? "" } : undefined;
  },
};

const marked = new Marked({ gfm: true, breaks: true, extensions: [blockMaths, inlineMaths, gap] });

type Way = Omit<ProseProps, "text">;
type Ours = { readonly type: "blockMaths" | "inlineMaths" | "gap"; readonly raw: string; readonly text: string; readonly display?: boolean };

function decoded(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|nbsp|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

function Link({ of, children }: { readonly of: Tokens.Link; readonly children: ComponentChildren }) {
  if (!WAYS.test(of.href)) return <>{children}</>;
  return (
    <a href={of.href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function Picture({ of, way }: { readonly of: Tokens.Image; readonly way: Way }) {
  const id = PICTURE.exec(of.href)?.groups?.["id"];
  const known = way.pictures ?? {};
  const address = id !== undefined && Object.hasOwn(known, id) ? known[id] : undefined;
  return address === undefined ? <span class="no-picture">{decoded(of.text)}</span> : <img src={address} alt={decoded(of.text)} loading="eager" decoding="async" />;
}

function Cells({ of, header, way, depth }: { readonly of: readonly Tokens.TableCell[]; readonly header: boolean; readonly way: Way; readonly depth: number }) {
  return (
    <tr>
      {of.map((cell, at) => {
        const inner = <All of={cell.tokens} way={way} depth={depth} />;
        return header ? (
          <th key={at} scope="col" data-align={cell.align ?? undefined}>
            {inner}
          </th>
        ) : (
          <td key={at} data-align={cell.align ?? undefined}>
            {inner}
          </td>
        );
      })}
    </tr>
  );
}

function Heading({ depth, children }: { readonly depth: number; readonly children: ComponentChildren }) {
  // The page's own headings stand above those of a text.
  if (depth <= 2) return <h3 dir="auto">{children}</h3>;
  return <h4 dir="auto">{children}</h4>;
}

function ListOf({ of, way, depth }: { readonly of: Tokens.List; readonly way: Way; readonly depth: number }) {
  const items = of.items.map((item, at) => (
    <li key={at} dir="auto">
      {item.task && <span aria-hidden="true">{item.checked ? "☑ " : "☐ "}</span>}
      <All of={item.tokens.filter(({ type }) => type !== "checkbox")} way={way} depth={depth} />
    </li>
  ));
  return of.ordered ? <ol start={Number(of.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ of, way, depth }: { readonly of: Tokens.Table; readonly way: Way; readonly depth: number }) {
  const place = useRef<HTMLDivElement>(null);
  useSideways(place);
  return (
    <div class="wide" ref={place}>
      <table class="tbl">
        <thead>
          <Cells of={of.header} header way={way} depth={depth} />
        </thead>
        <tbody>
          {of.rows.map((row, at) => (
            <Cells key={at} of={row} header={false} way={way} depth={depth} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Gap({ of, way }: { readonly of: Ours; readonly way: Way }) {
  return <>{way.gap ? way.gap(of.text) : of.raw}</>;
}

function Inner({ of, way, depth }: { readonly of: { readonly tokens?: readonly Token[] | undefined; readonly text: string }; readonly way: Way; readonly depth: number }) {
  return of.tokens ? <All of={of.tokens} way={way} depth={depth + 1} /> : <>{decoded(of.text)}</>;
}

function One({ of, way, depth }: { readonly of: MarkedToken | Ours; readonly way: Way; readonly depth: number }) {
  if (depth > DEEPEST) return <>{of.raw}</>;
  const next = depth + 1;
  switch (of.type) {
    case "blockMaths":
      return <Maths tex={of.text} display />;
    case "inlineMaths":
      return <Maths tex={of.text} display={of.display ?? false} />;
    case "gap":
      return <Gap of={of} way={way} />;
    case "paragraph":
      return (
        <p dir="auto">
          <Inner of={of} way={way} depth={next} />
        </p>
      );
    case "heading":
      return (
        <Heading depth={of.depth}>
          <Inner of={of} way={way} depth={next} />
        </Heading>
      );
    case "list":
      return <ListOf of={of} way={way} depth={next} />;
    case "table":
      return <Table of={of} way={way} depth={next} />;
    case "blockquote":
      return (
        <blockquote dir="auto">
          <Inner of={of} way={way} depth={next} />
        </blockquote>
      );
    case "code":
      return (
        <pre dir="ltr" tabIndex={0}>
          <code>{of.text}</code>
        </pre>
      );
    case "codespan":
      return <code dir="ltr">{of.text}</code>;
    case "strong":
      return (
        <strong>
          <Inner of={of} way={way} depth={next} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inner of={of} way={way} depth={next} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inner of={of} way={way} depth={next} />
        </del>
      );
    case "link":
      return (
        <Link of={of}>
          <Inner of={of} way={way} depth={next} />
        </Link>
      );
    case "image":
      return <Picture of={of} way={way} />;
    case "text":
      return <Inner of={of} way={way} depth={next} />;
    case "escape":
      return <>{of.text}</>;
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "html":
      // What looks like HTML is words: it is shown as it was written.
      return <>{of.raw}</>;
    default:
      // Spaces between blocks and definitions of links show nothing.
      return null;
  }
}

function All({ of, way, depth }: { readonly of: readonly Token[]; readonly way: Way; readonly depth: number }) {
  return (
    <>
      {of.map((token, at) => (
        <One key={at} of={token as MarkedToken | Ours} way={way} depth={depth} />
      ))}
    </>
  );
}

/** What cannot be read, because it is nested without end, is shown as it was written. */
function read(text: string, inline: boolean): readonly Token[] {
  try {
    return inline ? marked.Lexer.lexInline(text, marked.defaults) : marked.lexer(text);
  } catch {
    return [{ type: "escape", raw: text, text }];
  }
}

export function Read({ text, inline = false, ...way }: ProseProps) {
  const tokens = useMemo(() => read(text, inline), [text, inline]);
  return <All of={tokens} way={way} depth={0} />;
}
