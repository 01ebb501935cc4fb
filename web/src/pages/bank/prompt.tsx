/** The words of an item, with the pictures that are sent into them. */
import { useRef, useState } from "preact/hooks";
import { sendFile } from "../../core/uploads";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { TextArea } from "../../ui/form";
import { say as sayError } from "../words";
import { freshId, gapsIn, withPrompt, type Draft } from "./draft";

interface Props {
  readonly draft: Draft;
  readonly fault: string | undefined;
  readonly onDraft: (draft: Draft) => void;
  /** A picture is there: its id, and where this browser finds it now. */
  readonly onPicture: (id: string, url: string) => void;
}

const PICTURES = "image/png,image/jpeg,image/webp,image/gif";

/** Writes words where the caret is, or at the end. */
function inserted(field: HTMLTextAreaElement | null, text: string, words: string): string {
  const at = field && field.value === text ? [field.selectionStart, field.selectionEnd] : [text.length, text.length];
  return text.slice(0, at[0]) + words + text.slice(at[1]);
}

export function PromptField({ draft, fault, onDraft, onPicture }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const latest = useRef(draft);
  latest.current = draft;
  const [share, setShare] = useState<number | null>(null);
  const [trouble, setTrouble] = useState<string>();
  const insert = (words: string) => {
    const field = frame.current?.querySelector("textarea") ?? null;
    onDraft(withPrompt(latest.current, inserted(field, latest.current.content.prompt, words)));
    field?.focus();
  };
  const send = async (file: File) => {
    setTrouble(undefined);
    setShare(0);
    try {
      const { id, url } = await sendFile(file, { onProgress: setShare });
      onPicture(id, url ?? URL.createObjectURL(file));
      insert(`\n\n![${file.name.replace(/\.[^.]*$/, "").replaceAll(/[[\]]/g, "")}](upload:${id})\n\n`);
    } catch (error) {
      setTrouble(sayError(error));
    } finally {
      setShare(null);
    }
  };
  return (
    <div class="col" ref={frame}>
      <TextArea label={t("bank.prompt")} hint={t("bank.promptHint")} rows={6} dir="auto" maxLength={20_000} value={draft.content.prompt} onValue={(prompt) => onDraft(withPrompt(draft, prompt))} fault={fault ?? trouble} />
      <div class="row w">
        <input
          ref={picker}
          type="file"
          accept={PICTURES}
          hidden
          data-testid="picture"
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            if (file) void send(file);
            currentTarget.value = "";
          }}
        />
        <Button size="s" icon="upload" busy={share !== null} onClick={() => picker.current?.click()}>
          {t("bank.picture")}
        </Button>
        {draft.kind === "cloze" && (
          <Button size="s" icon="plus" onClick={() => insert(`{{${freshId("g", gapsIn(draft.content.prompt))}}}`)}>
            {t("bank.gap")}
          </Button>
        )}
        <span class="sm mut" role="status">
          {share === null ? "" : t("bank.sending", { share })}
        </span>
      </div>
    </div>
  );
}
