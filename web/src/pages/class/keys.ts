/** Single letters that work outside text fields, and Space held to talk. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { hasSingleKeys } from "../keys";

export type Keys = Readonly<Record<string, (() => void) | undefined>>;

export function useKeys(keys: Keys, talk: { press: () => void; release: () => void }): void {
  const latest = useRef({ keys, talk });
  latest.current = { keys, talk };
  useLayoutEffect(() => {
    let talking = false;
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat || !free(event)) return;
      if (event.key === " " && !onButton(event.target)) {
        event.preventDefault();
        talking = true;
        latest.current.talk.press();
        return;
      }
      const named = event.key.length === 1 ? event.key.toUpperCase() : event.key;
      const act = latest.current.keys[named];
      if (!act || (named.length === 1 && !hasSingleKeys())) return;
      event.preventDefault();
      act();
    };
    const release = () => {
      if (!talking) return;
      talking = false;
      latest.current.talk.release();
    };
    const up = (event: KeyboardEvent) => {
      if (event.key === " ") release();
    };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", release);
    return () => {
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
      removeEventListener("blur", release);
    };
  }, []);
}

function free(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return false;
  const target = event.target instanceof Element ? event.target : null;
  const writing = target?.closest("input, textarea, select, [contenteditable]");
  return event.key === "Escape" || !writing;
}

function onButton(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, a, [role=tab]") !== null;
}
