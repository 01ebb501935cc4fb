/** Markdown with maths as a page shows it; the reader of it comes when the first text needs it. */
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import "./prose.css";

export interface ProseProps {
  readonly text: string;
  /** Addresses of the pictures, by upload: a text names them as `upload:ID`. */
  readonly pictures?: Readonly<Record<string, string>>;
  /** One line without paragraphs, as inside of a choice. */
  readonly inline?: boolean;
  /** What stands in place of `{{id}}`; without it the braces are words like others. */
  readonly gap?: (id: string) => ComponentChildren;
}

let Read: ComponentType<ProseProps> | null = null;

/** Fetches the reader, and the maths, before they are needed: an exam has them before the link can drop. */
export async function prepareProse(): Promise<void> {
  const [read, maths] = await Promise.all([import("./prose/read"), import("./prose/maths")]);
  await maths.prepareMaths();
  Read = read.Read;
}

export function Prose(props: ProseProps) {
  const [ready, setReady] = useState(Read !== null);
  useEffect(() => {
    if (ready) return;
    let wanted = true;
    import("./prose/read").then(
      (module) => {
        Read = module.Read;
        if (wanted) setReady(true);
      },
      // Without its reader a text is shown as it was written.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [ready]);
  const Frame = props.inline ? "span" : "div";
  return (
    <Frame class="md" dir="auto">
      {Read && ready ? <Read {...props} /> : <span class="raw">{props.text}</span>}
    </Frame>
  );
}
