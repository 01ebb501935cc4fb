/** A button that opens a small panel beside it; Escape and a press elsewhere close it, focus returns. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

interface Props {
  readonly label: string;
  /** What stands in the button. */
  readonly face: ComponentChildren;
  readonly buttonClass: string;
  /** Opens towards the top, for a button at the foot of the page. */
  readonly up?: boolean;
  readonly children: (close: () => void) => ComponentChildren;
}

export function Menu({ label, face, buttonClass, up = false, children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useId();
  useClosing(root, open, () => setOpen(false));
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div
      class="menu-root"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        ref={button}
        type="button"
        class={buttonClass}
        aria-label={label}
        aria-expanded={open}
        aria-controls={open ? panel : undefined}
        onClick={() => setOpen(!open)}
      >
        {face}
      </button>
      {open && (
        <div class={up ? "menu up" : "menu"} id={panel} role="group" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

/** Closes when a press, or the focus, lands elsewhere. */
function useClosing(root: { readonly current: HTMLElement | null }, open: boolean, close: () => void): void {
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) close();
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  });
}
