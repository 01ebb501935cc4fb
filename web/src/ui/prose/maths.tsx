/** One formula; KaTeX draws it and comes only to pages that have one. */
import type katexModule from "katex";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useSideways } from "./sideways";

type Katex = typeof katexModule;

/** Longer than this is no formula of a question. */
const LONGEST = 4_000;
const MACROS_MAX = 200;
const SIZE_MAX_EM = 20;

let katex: Katex | null = null;
let coming: Promise<void> | null = null;

async function fetched(): Promise<void> {
  const [module] = await Promise.all([import("katex"), import("katex/dist/katex.min.css")]);
  katex = module.default;
}

export function prepareMaths(): Promise<void> {
  coming ??= fetched().catch((error: unknown) => {
    coming = null;
    throw error;
  });
  return coming;
}

/** Draws into the element by the style of its nodes, which a strict policy allows; says whether it could. */
function drawn(into: HTMLElement, tex: string, display: boolean): boolean {
  if (!katex || tex.length > LONGEST) return false;
  try {
    katex.render(tex, into, {
      displayMode: display,
      trust: false,
      strict: "ignore",
      throwOnError: true,
      maxExpand: MACROS_MAX,
      maxSize: SIZE_MAX_EM,
    });
    return true;
  } catch {
    // A formula with a fault is shown as it was written.
    return false;
  }
}

export function Maths({ tex, display }: { readonly tex: string; readonly display: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  const [ready, setReady] = useState(katex !== null);
  useLayoutEffect(() => {
    if (!place.current) return;
    if (!drawn(place.current, tex, display)) place.current.textContent = tex;
    if (ready) return;
    let wanted = true;
    prepareMaths().then(
      () => wanted && setReady(true),
      // Without KaTeX the formula stays as it was written.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [tex, display, ready]);
  useSideways(place);
  return <span ref={place} class={display ? "maths display" : "maths"} dir="ltr" />;
}
