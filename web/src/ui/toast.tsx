/** Short news at the edge of the page, with the way back where there is one. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { IconButton } from "./button";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo: (() => void) | undefined;
}

const SHOWN_MS = 6_000;
/** Long enough to read what was done, to think, and to take it back. */
const SHOWN_WITH_UNDO_MS = 10_000;
const SHOWN_AT_ONCE = 3;

const shown = signal<readonly Toast[]>([]);
let last = 0;

function drop(id: number): void {
  shown.value = shown.value.filter((one) => one.id !== id);
}

export function toast(text: string, { undo }: { readonly undo?: () => void } = {}): void {
  last += 1;
  shown.value = [...shown.value, { id: last, text, undo }].slice(-SHOWN_AT_ONCE);
}

function One({ id, text, undo }: Toast) {
  useEffect(() => {
    const timer = setTimeout(() => drop(id), undo ? SHOWN_WITH_UNDO_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, undo]);
  const back = () => {
    drop(id);
    undo?.();
  };
  return (
    <div class="toast">
      <span class="sp">{text}</span>
      {undo && (
        <button type="button" onClick={back}>
          {t("common.undo")}
        </button>
      )}
      <IconButton icon="x" label={t("common.close")} small onClick={() => drop(id)} />
    </div>
  );
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.value.map((one) => (
        <One key={one.id} {...one} />
      ))}
    </div>
  );
}
