/** Light, dark, or as the system says; src/boot.js reads the same entry before the first paint. */
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const STORED = "lectern.theme";

function stored(): Theme {
  const set = document.documentElement.dataset["theme"];
  return set === "light" || set === "dark" ? set : "system";
}

export const theme = signal<Theme>(stored());

export function wear(next: Theme): void {
  theme.value = next;
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
  try {
    if (next === "system") localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, next);
  } catch {
    // Storage may be forbidden; the choice then holds for this visit.
  }
}
