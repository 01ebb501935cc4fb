/** The exam by single keys, which can be switched off, and by the arrows. */
import { useLayoutEffect } from "preact/hooks";
import type { ExamAttempt } from "../../core/attempt";
import { choiceOf, hasSingleKeys, isWriting } from "../keys";

/** Radios walk by the arrows themselves, and so does a cursor in its text. */
function walksItself(target: EventTarget | null): boolean {
  return isWriting(target) || (target instanceof HTMLInputElement && target.type === "radio");
}

/** A long text and a list are turned over by these keys themselves. */
function pagesItself(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function turn(event: KeyboardEvent, attempt: ExamAttempt): boolean {
  const rtl = document.documentElement.dir === "rtl";
  const forward = rtl ? "ArrowLeft" : "ArrowRight";
  const back = rtl ? "ArrowRight" : "ArrowLeft";
  const byArrow = !walksItself(event.target);
  const byPage = !pagesItself(event.target);
  const at = attempt.at.value;
  if ((byPage && event.key === "PageDown") || (byArrow && event.key === forward)) attempt.turnTo(at + 1);
  else if ((byPage && event.key === "PageUp") || (byArrow && event.key === back)) attempt.turnTo(at - 1);
  else return false;
  return true;
}

function press(key: string, attempt: ExamAttempt): boolean {
  const item = attempt.paper.value.items[attempt.at.value];
  const choice = choiceOf(key);
  if (choice) {
    choice.click();
    choice.focus();
  } else if (key.toLowerCase() === "g" && item) attempt.flag(item.id);
  else if (key.toLowerCase() === "m") document.querySelector<HTMLElement>(".exam-aside [aria-current]")?.focus();
  else return false;
  return true;
}

export function useKeys(attempt: ExamAttempt, listening: boolean): void {
  useLayoutEffect(() => {
    if (!listening) return;
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const isSingle = hasSingleKeys() && !isWriting(event.target);
      if (turn(event, attempt) || (isSingle && press(event.key, attempt))) event.preventDefault();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [attempt, listening]);
}
