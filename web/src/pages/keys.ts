/**
 * What the pages that are worked by single keys share: the switch, and the choices by their number or letter.
 * They listen from the moment that they are drawn (a layout effect): a key may come before the page is painted.
 */
import { signal } from "@preact/signals";
import { keep, kept } from "../core/drafts";

const STORED = "keys";
const LETTERS = "abcdef";
const on = signal(kept<boolean>(STORED) ?? true);

/** Single keys can be switched off, for those whose voice or hands type them by accident. */
export function hasSingleKeys(): boolean {
  return on.value;
}

export function singleKeys(wanted: boolean): void {
  on.value = wanted;
  keep(STORED, wanted);
}

export function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const typed = target instanceof HTMLInputElement && !["radio", "checkbox", "button"].includes(target.type);
  return typed || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** The control of the choice that a key names, while it can be chosen: not behind an open dialog. */
export function choiceOf(key: string): HTMLInputElement | null {
  if (document.querySelector("dialog:modal")) return null;
  const letter = LETTERS.indexOf(key.toLowerCase()) + 1;
  const digit = /^[1-9]$/.test(key) ? Number(key) : letter;
  return digit > 0 ? document.querySelector<HTMLInputElement>(`.question [data-digit="${digit}"]:not(:disabled)`) : null;
}
