/** The frame of a page: the bar with the ways through the school, on phones at the foot, and the page below. */
import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { Icon, Mark } from "./icon";
import type { IconName } from "./icons";

export interface Way {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  readonly current: boolean;
}

interface Props {
  readonly ways: readonly Way[];
  /** What stands at the end of the bar. */
  readonly tools: ComponentChildren;
  readonly narrow?: boolean;
  readonly children: ComponentChildren;
}

export function Shell({ ways, tools, narrow = false, children }: Props) {
  return (
    <>
      <a class="btn pri skip" href="#main">
        {t("shell.skip")}
      </a>
      <header class="top">
        <a class="logo" href="/" aria-label={t("shell.home")}>
          <Mark />
          <span>Lectern</span>
        </a>
        {ways.length > 0 && (
          <nav class="nav" aria-label={t("shell.ways")}>
            {ways.map((way) => (
              <a key={way.href} href={way.href} aria-current={way.current ? "page" : undefined}>
                <Icon name={way.icon} />
                {way.label}
              </a>
            ))}
          </nav>
        )}
        <span class="sp" />
        {tools}
      </header>
      <main class={narrow ? "wrap narrow" : "wrap"} id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
