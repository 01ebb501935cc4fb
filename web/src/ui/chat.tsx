/** The conversation of a class: what was said, who is typing, and a line to say something. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { locale, megabytes, t } from "../i18n";
import { CHAT_TEXT_MAX_BYTES, type ChatLine, type ClassFile } from "../protocol/messages";
import { Avatar } from "./avatar";
import { Icon } from "./icon";
import "./chat.css";

const NEAR_END_PX = 80;
const TYPING_EVERY_MS = 2000;
/** As the school takes them; one's own room for files may be smaller, which it says by itself. */
export const FILE_MAX_GB = 10;

/** Something said here that the server has not confirmed yet. */
export interface Unsent {
  key: string;
  text: string;
  failed: boolean;
  /** It is a file: how much of it is there, from 0 to 1, and why it would not go. */
  file?: { readonly share: number; readonly fault: string };
}

interface ListProps {
  lines: readonly ChatLine[];
  unsent: readonly Unsent[];
  you: string;
  isTeacher: (user: string) => boolean;
  typing: readonly string[];
  mayDelete: (line: ChatLine) => boolean;
  onDelete: (line: ChatLine) => void;
  onRetry: (unsent: Unsent) => void;
  onGiveUp: (unsent: Unsent) => void;
  onOpen: (file: ClassFile) => void;
}

export function ChatList(props: ListProps) {
  const { lines, unsent, you, typing } = props;
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  useLayoutEffect(() => {
    const element = box.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [lines, unsent, typing.length]);
  return (
    <div
      ref={box}
      class="body"
      tabIndex={0}
      role="region"
      aria-label={t("class.chat")}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        following.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      }}
    >
      <ol class="msgs">
        {lines.length + unsent.length === 0 && <Nothing />}
        {lines.map((line, place) => (
          <Line key={line.seq} line={line} follows={lines[place - 1]} {...props} mine={line.user === you} />
        ))}
        {unsent.map((entry) => (
          <UnsentLine key={entry.key} entry={entry} {...props} />
        ))}
      </ol>
      <Typing names={typing} />
    </div>
  );
}

function UnsentLine({ entry, onRetry, onGiveUp }: { entry: Unsent } & Pick<ListProps, "onRetry" | "onGiveUp">) {
  const { text, failed, file } = entry;
  return (
    <li class="msg mine" aria-busy={!failed} data-testid="chat-unsent">
      {file ? (
        <p class="chat-file">
          <Icon name="file" />
          <bdi class="sp wrapany">{text}</bdi>
          <button class="ib s" aria-label={t("class.fileStop", { name: text })} onClick={() => onGiveUp(entry)}>
            <Icon name="x" />
          </button>
        </p>
      ) : (
        <p dir="auto">{text}</p>
      )}
      {file && !failed && <progress max={1} {...(file.share > 0 ? { value: file.share } : {})} aria-label={t("class.fileSending", { name: text })} />}
      {failed ? (
        <span class="row w xs c-danger" role="alert">
          {file?.fault || t("class.notSent")}
          <button class="btn ghost s" onClick={() => onRetry(entry)}>{t("class.retry")}</button>
        </span>
      ) : (
        <span class="xs dim">{t("class.sending")}</span>
      )}
    </li>
  );
}

interface LineProps extends ListProps {
  line: ChatLine;
  follows: ChatLine | undefined;
  mine: boolean;
}

function Line({ line, mine, isTeacher, mayDelete, onDelete, onOpen }: LineProps) {
  const teacher = isTeacher(line.user);
  const classes = ["msg", mine ? "mine" : teacher && "t", line.text === null && "del"].filter(Boolean).join(" ");
  const gone = line.text === null;
  return (
    <li class={classes} data-testid="chat-line" data-seq={line.seq}>
      {!mine && <Avatar name={line.name} small />}
      <header class={mine ? "sr" : ""}>
        <b><bdi>{mine ? t("class.youAlone") : line.name}</bdi></b>
        {teacher && !mine && <span class="c-accent xs b">{t("class.teacher")}</span>}
        {!mine && <At at={line.at} />}
      </header>
      {line.file ? (
        <FileOf file={line.file} onOpen={onOpen} />
      ) : (
        <p dir="auto">{gone ? t("class.deleted") : <Linked text={line.text ?? ""} />}</p>
      )}
      {mine && <At at={line.at} />}
      {!gone && mayDelete(line) && (
        <button
          class="ib s del-line"
          aria-label={t("class.deleteLine", { name: line.name })}
          onClick={() => onDelete(line)}
        >
          <Icon name="bin" />
        </button>
      )}
    </li>
  );
}

function FileOf({ file, onOpen }: { file: ClassFile; onOpen: (file: ClassFile) => void }) {
  const size = megabytes(file.size);
  return (
    <p class="chat-file">
      <Icon name="file" />
      <span class="sp wrapany"><bdi>{file.name}</bdi> <span class="xs mut num">{size}</span></span>
      <button class="ib s" data-testid="chat-file" aria-label={t("class.openFile", { name: file.name })} onClick={() => onOpen(file)}>
        <Icon name="download" />
      </button>
    </p>
  );
}

function At({ at }: { at: number }) {
  const date = new Date(at);
  const spelled = date.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
  return <time class="num" dateTime={date.toISOString()}>{spelled}</time>;
}

/** Addresses become links; everything else is text. */
function Linked({ text }: { text: string }) {
  const parts = text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/u);
  const linked: ComponentChildren[] = parts.map((part, place) =>
    place % 2 === 1 ? <a key={place} href={part} target="_blank" rel="noopener noreferrer nofollow">{part}</a> : part,
  );
  return <>{linked}</>;
}

function Nothing() {
  return (
    <li class="empty">
      <Icon name="chat" />
      <b>{t("class.chatEmpty")}</b>
      <span>{t("class.chatEmptyHint")}</span>
    </li>
  );
}

function Typing({ names }: { names: readonly string[] }) {
  const [first, second] = names;
  return (
    <p class="row xs dim typing">
      {first !== undefined && (
        <>
          <Icon name="more" />
          {names.length === 1 && t("class.typingOne", { name: first })}
          {names.length === 2 && t("class.typingTwo", { name: first, other: second ?? "" })}
          {names.length > 2 && t("class.typingMany", { count: names.length })}
        </>
      )}
    </p>
  );
}

interface ComposeProps {
  focus: boolean;
  onSend: (text: string) => void;
  onTyping: () => void;
  onFile: (file: File) => void;
}

/** The browser's own choice of a file, behind a button that looks like the others. */
function Attach({ onFile }: Pick<ComposeProps, "onFile">) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="chat-attach-file"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) onFile(file);
          // The same file can be chosen again.
          currentTarget.value = "";
        }}
      />
      <button type="button" class="ib s" data-testid="chat-attach" aria-label={t("class.attach", { size: FILE_MAX_GB })} title={t("class.attach", { size: FILE_MAX_GB })} onClick={() => input.current?.click()}>
        <Icon name="clip" />
      </button>
    </>
  );
}

export function Compose({ focus, onSend, onTyping, onFile }: ComposeProps) {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const said = useRef(0);
  const tooLong = new TextEncoder().encode(text.trim()).length > CHAT_TEXT_MAX_BYTES;
  const ready = text.trim() !== "" && !tooLong;
  useEffect(() => {
    if (focus) field.current?.focus();
  }, [focus]);
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.blockSize = "auto";
    area.style.blockSize = `${area.scrollHeight}px`;
  }, [text]);
  const send = () => {
    if (!ready) return;
    onSend(text.trim());
    setText("");
    said.current = 0;
  };
  return (
    <form
      class="compose"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Attach onFile={onFile} />
      <textarea
        ref={field}
        class="in"
        rows={1}
        dir="auto"
        data-testid="chat-input"
        aria-label={t("class.message")}
        aria-invalid={tooLong}
        aria-describedby={tooLong ? "chat-fault" : undefined}
        placeholder={t("class.messageEveryone")}
        enterkeyhint="send"
        value={text}
        onInput={({ currentTarget, timeStamp }) => {
          setText(currentTarget.value);
          if (currentTarget.value.trim() === "" || timeStamp - said.current < TYPING_EVERY_MS) return;
          said.current = timeStamp;
          onTyping();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="ib s" data-testid="chat-send" aria-label={t("class.send")} disabled={!ready}>
        <Icon name="send" class="mir" />
      </button>
      {tooLong && <p id="chat-fault" class="err">{t("class.tooLong")}</p>}
    </form>
  );
}
