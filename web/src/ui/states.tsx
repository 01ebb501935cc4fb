/** What a list or a page shows while it waits, when there is nothing, and when it failed. */
import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { Button } from "./button";
import { Icon } from "./icon";
import type { IconName } from "./icons";

export function Waiting({ lines = 4 }: { readonly lines?: number }) {
  return (
    <div class="skels" role="status">
      <span class="sr">{t("common.loading")}</span>
      {Array.from({ length: lines }, (_, line) => (
        <div class="skel" key={line} />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  /** What to do, or who will. */
  readonly children?: ComponentChildren;
}

export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <b>{title}</b>
      {children}
    </div>
  );
}

interface TroubleProps {
  readonly says: string;
  readonly reference?: string;
  readonly onRetry?: () => void;
}

export function Trouble({ says, reference, onRetry }: TroubleProps) {
  return (
    <div class="empty" role="alert">
      <Icon name="alert" />
      <b>{says}</b>
      {reference && <span class="xs mono">{t("common.reference", { code: reference })}</span>}
      {onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          {t("common.retry")}
        </Button>
      )}
    </div>
  );
}
