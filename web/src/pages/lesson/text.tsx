/** A lesson's text as the page shows it. */
import { blocks, type Block, type Span } from "../../core/prose";

function Spans({ of }: { readonly of: readonly Span[] }) {
  return (
    <>
      {of.map(({ kind, text }, at) => {
        if (kind === "strong") return <strong key={at}>{text}</strong>;
        if (kind === "em") return <em key={at}>{text}</em>;
        return kind === "code" ? <code key={at} dir="ltr">{text}</code> : text;
      })}
    </>
  );
}

function One({ of }: { readonly of: Block }) {
  if ("items" in of) {
    const items = of.items.map((item, at) => (
      <li key={at}>
        <Spans of={item} />
      </li>
    ));
    return of.kind === "bullets" ? <ul dir="auto">{items}</ul> : <ol dir="auto">{items}</ol>;
  }
  const inner = <Spans of={of.spans} />;
  if (of.kind === "heading") return of.level === 2 ? <h2 dir="auto">{inner}</h2> : <h3 dir="auto">{inner}</h3>;
  return of.kind === "quote" ? <blockquote dir="auto">{inner}</blockquote> : <p dir="auto">{inner}</p>;
}

export function LessonText({ text }: { readonly text: string }) {
  return (
    <div class="prose">
      {blocks(text).map((block, at) => (
        <One key={at} of={block} />
      ))}
    </div>
  );
}
