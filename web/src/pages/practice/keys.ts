/** A lesson by the keyboard: 1 to 9 or A to F choose, Enter checks and goes on. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { choiceOf, hasSingleKeys, isWriting } from "../keys";

/** Enter does there what it always does. */
function takesEnter(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("a, button, select, summary, textarea, dialog") !== null;
}

export function useKeys(onEnter: () => void, listening: boolean): void {
  // The next key may come before the page is painted.
  const latest = useRef(onEnter);
  latest.current = onEnter;
  useLayoutEffect(() => {
    if (!listening) return;
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      if (event.key === "Enter" && !takesEnter(event.target)) {
        event.preventDefault();
        latest.current();
        return;
      }
      const choice = hasSingleKeys() && !isWriting(event.target) ? choiceOf(event.key) : null;
      if (!choice) return;
      event.preventDefault();
      choice.click();
      choice.focus();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [listening]);
}
