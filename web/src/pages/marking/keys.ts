/** The keys of marking: single letters and figures outside of text fields. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { hasSingleKeys } from "../keys";

export interface KeyActs {
  readonly level: (at: number) => void;
  readonly criterion: (step: 1 | -1) => void;
  readonly beside: (step: 1 | -1) => void;
  readonly save: () => void;
  readonly field: (name: "points" | "comment") => void;
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=radio], [type=checkbox])"));
}

/** Among the levels of a criterion the arrows are the browser's own. */
function isRadio(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "radio";
}

function press(event: KeyboardEvent, acts: KeyActs): boolean {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) acts.save();
  else if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return false;
  else if (isText(event.target)) {
    if (event.key !== "Escape") return false;
    (event.target as HTMLElement).blur();
  } else if (event.key.length === 1 && !hasSingleKeys()) return false;
  else if (/^[1-9]$/.test(event.key)) acts.level(Number(event.key) - 1);
  else if (event.key === "j" || event.key === "k") acts.beside(event.key === "j" ? 1 : -1);
  else if (event.key === "c" || event.key === "p") acts.field(event.key === "c" ? "comment" : "points");
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !isRadio(event.target)) acts.criterion(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Enter" && !(event.target instanceof HTMLElement && event.target.closest("a, button, summary"))) acts.save();
  else return false;
  return true;
}

export function useKeys(acts: KeyActs): void {
  const latest = useRef(acts);
  latest.current = acts;
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (!event.defaultPrevented && press(event, latest.current)) event.preventDefault();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}
