/** Asks for one title. */
import { useState } from "preact/hooks";
import { Dialog } from "../../ui/dialog";
import { FormActs, TextField } from "../../ui/form";
import { useSubmitting } from "../submitting";

const TITLE_MAX_CHARS = 200;

interface Props {
  readonly title: string;
  readonly label: string;
  readonly value: string;
  readonly action: string;
  readonly onSave: (title: string) => Promise<void>;
  readonly onClose: () => void;
}

export function TitleDialog({ title, label, value, action, onSave, onClose }: Props) {
  const [written, setWritten] = useState(value);
  const { busy, fault, faultOf, submit } = useSubmitting();
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(async () => {
            await onSave(written.trim());
            onClose();
          });
        }}
      >
        <TextField
          label={label}
          value={written}
          onValue={setWritten}
          maxLength={TITLE_MAX_CHARS}
          dir="auto"
          required
          autofocus
          fault={faultOf("/title") ?? fault}
        />
        <FormActs action={action} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
