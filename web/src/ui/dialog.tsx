/** Dialogs that the keyboard can leave: the browser's own, so focus goes in, is held, and returns. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Button, IconButton } from "./button";

interface Props {
  readonly title: ComponentChildren;
  readonly onClose: () => void;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, wide = false, children }: Props) {
  const frame = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const dialog = frame.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={frame}
      class={wide ? "dlg wide" : "dlg"}
      aria-labelledby={name}
      // A form around the dialog is not sent by a form in it.
      onSubmit={(event) => event.stopPropagation()}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2 id={name}>{title}</h2>
        <IconButton icon="x" label={t("common.close")} onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  /** The question. */
  readonly title: ComponentChildren;
  /** What happens then, and the way back. */
  readonly children: ComponentChildren;
  /** The word on the button that does it. */
  readonly action: string;
  readonly danger?: boolean;
  readonly onYes: () => Promise<void> | void;
  readonly onClose: () => void;
}

/** Asks once before something that others will notice; stays open when it fails. */
export function Confirm({ title, children, action, danger = false, onYes, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    try {
      await onYes();
      onClose();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="mut">{children}</div>
      <div class="acts">
        <Button onClick={onClose} autofocus>
          {t("common.cancel")}
        </Button>
        <Button look={danger ? "danger" : "primary"} busy={busy} onClick={() => void act()}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
