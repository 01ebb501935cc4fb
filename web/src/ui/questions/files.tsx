/** Files as an answer: chosen or dropped, sent with their progress, listed with their names. */
import { useEffect, useRef, useState } from "preact/hooks";
import { megabytes, t } from "../../i18n";
import type { Upload } from "../../protocol/api";
import { Button, IconButton } from "../button";
import { Icon } from "../icon";
import { isOfType, listOf, type FileWays, type KindProps } from "./value";

const MB = 1_000_000;

interface Sending {
  readonly key: number;
  readonly file: File;
  readonly share: number;
  readonly failed: boolean;
}

/** The names of the files that are an answer, asked for once each. */
function useNames(ids: readonly string[], files: FileWays | undefined): ReadonlyMap<string, Upload> {
  const [known, setKnown] = useState<ReadonlyMap<string, Upload>>(new Map());
  const missing = ids.filter((id) => !known.has(id)).join(" ");
  useEffect(() => {
    let wanted = true;
    for (const id of missing.split(" ").filter(Boolean))
      files?.about(id).then(
        (upload) => wanted && setKnown((old) => new Map([...old, [id, upload]])),
        // A name that cannot be had now is no loss: the file itself is kept.
        () => undefined,
      );
    return () => {
      wanted = false;
    };
  }, [missing, files]);
  return known;
}

function Line({ of, onRemove, name }: { readonly of: Upload | undefined; readonly onRemove: (() => void) | undefined; readonly name: string }) {
  return (
    <li class="file">
      <Icon name="file" />
      <span class="sp wrapany">{of?.url ? <a href={of.url} download>{name}</a> : <bdi>{name}</bdi>}</span>
      {of && <span class="sm mut num">{megabytes(of.size)}</span>}
      {onRemove && <IconButton icon="bin" small label={t("question.removeFile", { name })} onClick={onRemove} />}
    </li>
  );
}

function Under({ of, onRetry, onDrop }: { readonly of: Sending; readonly onRetry: () => void; readonly onDrop: () => void }) {
  return (
    <li class="file">
      <Icon name="upload" />
      <span class="sp wrapany">
        <bdi>{of.file.name}</bdi>
        {of.failed ? (
          <span class="c-warn sm" role="alert">
            {t("question.fileFailed")}
          </span>
        ) : (
          <progress max={1} value={of.share} aria-label={t("question.fileSending", { name: of.file.name })} />
        )}
      </span>
      {of.failed && (
        <Button size="s" icon="refresh" onClick={onRetry}>
          {t("common.retry")}
        </Button>
      )}
      <IconButton icon="x" small label={t("question.removeFile", { name: of.file.name })} onClick={onDrop} />
    </li>
  );
}

export function FilesAnswer({ content, value, onValue, files, name }: KindProps) {
  const ids = listOf(value);
  const latest = useRef(ids);
  latest.current = ids;
  const [under, setUnder] = useState<readonly Sending[]>([]);
  const [refused, setRefused] = useState("");
  const uploads = useNames(ids, files);
  const change = (key: number, part: Partial<Sending>) => setUnder((old) => old.map((one) => (one.key === key ? { ...one, ...part } : one)));
  const drop = (key: number) => setUnder((old) => old.filter((one) => one.key !== key));
  const send = async (key: number, file: File) => {
    if (!files || !onValue) return;
    change(key, { failed: false, share: 0 });
    try {
      const upload = await files.send(file, (share) => change(key, { share }));
      drop(key);
      latest.current = [...latest.current, upload.id];
      onValue(latest.current);
    } catch {
      // The page keeps the file and offers it again.
      change(key, { failed: true });
    }
  };
  const take = (given: FileList | null) => {
    const room = content.max_files - ids.length - under.length;
    // A drop, and "all files" in the picker, go past what the field accepts.
    const right = Array.from(given ?? []).filter((file) => isOfType(content.file_types, file));
    const fitting = right.filter(({ size }) => size <= content.max_file_bytes && size > 0);
    const taken = fitting.slice(0, Math.max(0, room));
    setRefused([
      taken.length < right.length && t("question.filesRefused", { count: content.max_files, size: content.max_file_bytes / MB }),
      right.length < (given?.length ?? 0) && t("question.fileTypesRefused", { types: content.file_types.join(", ") }),
    ].filter(Boolean).join(" "));
    for (const file of taken) {
      const key = performance.now() + Math.random();
      setUnder((old) => [...old, { key, file, share: 0, failed: false }]);
      void send(key, file);
    }
  };
  const isFull = ids.length + under.length >= content.max_files;
  return (
    <div class="col">
      <ul class="files">
        {ids.map((id, at) => (
          <Line
            key={id}
            of={uploads.get(id)}
            name={uploads.get(id)?.name ?? t("question.file", { number: at + 1 })}
            onRemove={onValue && (() => onValue(ids.filter((one) => one !== id)))}
          />
        ))}
        {under.map((one) => (
          <Under key={one.key} of={one} onRetry={() => void send(one.key, one.file)} onDrop={() => drop(one.key)} />
        ))}
      </ul>
      {!onValue && ids.length === 0 && <p class="dim">{t("question.noAnswer")}</p>}
      {onValue && !isFull && (
        <div class="field">
          <label for={`${name}-file`}>{t("question.chooseFiles", { count: content.max_files - ids.length })}</label>
          <input
            id={`${name}-file`}
            class="in"
            type="file"
            multiple={content.max_files > 1}
            accept={content.file_types.length > 0 ? content.file_types.join(",") : undefined}
            disabled={!files}
            onChange={({ currentTarget }) => {
              take(currentTarget.files);
              currentTarget.value = "";
            }}
          />
          <p class="hint">{t("question.fileLimit", { size: content.max_file_bytes / MB })}</p>
        </div>
      )}
      {refused && (
        <p class="err" role="alert">
          <Icon name="alert" class="s" />
          {refused}
        </p>
      )}
    </div>
  );
}
