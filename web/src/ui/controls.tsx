/** The bar of a class: what one may switch, each with its word and its key. */

import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { Icon } from "./icon";
import type { IconName } from "./icons";
import "./controls.css";

interface ControlProps {
  icon: IconName;
  label: string;
  /** The single letter that does the same. */
  letter?: string | undefined;
  look?: "off" | "on" | "up" | "bye" | undefined;
  pressed?: boolean | undefined;
  expanded?: boolean | undefined;
  /** Goes into More on a phone. */
  wide?: boolean | undefined;
  unread?: number | undefined;
  testId: string;
  disabled?: boolean | undefined;
  onPress: () => void;
}

export function Control(props: ControlProps) {
  const { icon, label, letter, look, pressed, expanded, wide, unread = 0, testId, disabled, onPress } = props;
  const name = letter === undefined ? label : t("class.withKey", { label, key: letter });
  return (
    <button
      class={["cb", look, wide && "wide"].filter(Boolean).join(" ")}
      data-testid={testId}
      aria-label={unread > 0 ? t("class.withUnread", { label: name, count: unread }) : name}
      aria-keyshortcuts={letter}
      aria-pressed={pressed}
      aria-expanded={expanded}
      disabled={disabled}
      title={letter === undefined ? undefined : name}
      onClick={onPress}
    >
      <Icon name={icon} class={look === "bye" ? "mir" : ""} />
      <span>{label}</span>
      {unread > 0 && <span class="badge n num" aria-hidden="true">{unread > 99 ? "99+" : unread}</span>}
    </button>
  );
}

export function Bar({ start, end }: { start: ComponentChildren; end: ComponentChildren }) {
  return (
    <section class="cbar" aria-label={t("class.controls")}>
      <div class="tools" role="toolbar" aria-label={t("class.controls")} onKeyDown={walk}>
        <div>{start}</div>
        <div>{end}</div>
      </div>
    </section>
  );
}

/** In a toolbar the arrow keys go from one control to the next. */
function walk(event: KeyboardEvent): void {
  if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
  const bar = event.currentTarget as HTMLElement;
  const controls = [...bar.querySelectorAll<HTMLElement>(".cb:not([disabled])")].filter((one) => one.offsetParent);
  const at = controls.indexOf(document.activeElement as HTMLElement);
  const rtl = getComputedStyle(bar).direction === "rtl";
  const step = (event.key === "ArrowRight") === !rtl ? 1 : -1;
  if (at < 0) return;
  event.preventDefault();
  controls[(at + step + controls.length) % controls.length]?.focus();
}
