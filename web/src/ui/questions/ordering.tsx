/** Things in an order: moved by two buttons, or by the arrow keys on the place. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Option } from "../../protocol/api";
import { Button, IconButton } from "../button";
import { Prose } from "../prose";
import { listOf, moved, ordered, plainWords, type KindProps } from "./value";

interface RowProps {
  readonly option: Option;
  readonly at: number;
  readonly count: number;
  readonly pictures: KindProps["pictures"];
  readonly onMove: ((to: number) => void) | undefined;
  readonly rightPlace: number | undefined;
}

function Row({ option, at, count, pictures, onMove, rightPlace }: RowProps) {
  const words = plainWords(option.text);
  const keys = (event: KeyboardEvent) => {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (step === 0 || !onMove) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(at + step);
  };
  return (
    <li class="order-row">
      <button
        type="button"
        class="k num"
        data-order={option.id}
        disabled={!onMove}
        aria-label={t("question.placeOf", { place: at + 1, count, text: words })}
        aria-keyshortcuts="ArrowUp ArrowDown"
        onKeyDown={keys}
      >
        {t("common.number", { value: at + 1 })}
      </button>
      <span class="sp">
        <Prose inline text={option.text} pictures={pictures} />
      </span>
      {rightPlace !== undefined && (
        <span class={rightPlace === at ? "badge ok" : "badge warn"}>
          {rightPlace === at ? t("question.right") : t("question.rightPlace", { place: rightPlace + 1 })}
        </span>
      )}
      {onMove && (
        <span class="row">
          <IconButton icon="up" small label={t("question.moveUp", { text: words })} disabled={at === 0} onClick={() => onMove(at - 1)} />
          <IconButton icon="down" small label={t("question.moveDown", { text: words })} disabled={at === count - 1} onClick={() => onMove(at + 1)} />
        </span>
      )}
    </li>
  );
}

export function OrderingAnswer({ content, pictures, value, onValue, review, name }: KindProps) {
  const rows = ordered(content.options, value);
  const frame = useRef<HTMLOListElement>(null);
  const [said, setSaid] = useState("");
  const [follow, setFollow] = useState<string | null>(null);
  useEffect(() => {
    if (follow === null) return;
    // The focus stays on what was moved.
    frame.current?.querySelector<HTMLElement>(`[data-order="${CSS.escape(follow)}"]`)?.focus();
    setFollow(null);
  }, [follow, value]);
  const move = (from: number, to: number) => {
    const next = moved(rows, from, to);
    if (next === rows) return;
    const text = plainWords(rows[from]?.text ?? "");
    setSaid(t("question.movedTo", { text, place: to + 1, count: rows.length }));
    setFollow(rows[from]?.id ?? null);
    onValue?.(next.map(({ id }) => id));
  };
  const place = (id: string) => {
    const at = review?.key?.order.indexOf(id) ?? -1;
    return at < 0 ? undefined : at;
  };
  return (
    <div class="col">
      {onValue && <p class="sm mut">{t("question.orderHow")}</p>}
      <ol class="ordering" ref={frame} aria-describedby={`${name}-stem`}>
        {rows.map((option, at) => (
          <Row
            key={option.id}
            option={option}
            at={at}
            count={rows.length}
            pictures={pictures}
            onMove={onValue && ((to) => move(at, to))}
            rightPlace={place(option.id)}
          />
        ))}
      </ol>
      {onValue && listOf(value).length === 0 && (
        <div class="row w">
          <Button size="s" icon="check" onClick={() => onValue(rows.map(({ id }) => id))}>
            {t("question.keepOrder")}
          </Button>
          <span class="sm mut">{t("question.orderUntouched")}</span>
        </div>
      )}
      <span class="sr" role="status">
        {said}
      </span>
    </div>
  );
}
