/** The keys of reviewing: single letters outside of text fields and dialogs. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { hasSingleKeys } from "../keys";

export type Acts = Readonly<Record<"a" | "e" | "r" | "j" | "k" | "?", () => void>>;

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input"));
}

export function useKeys(acts: Acts): void {
  const latest = useRef(acts);
  latest.current = acts;
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent) => {
      const busy = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat;
      if (busy || isText(event.target) || document.querySelector("dialog[open]") || !hasSingleKeys()) return;
      const act = (latest.current as Readonly<Record<string, (() => void) | undefined>>)[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}
