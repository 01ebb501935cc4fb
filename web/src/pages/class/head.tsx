/** The head of a class: what it is, how long it runs, how the link is, grid or stage. */

import { spell } from "../../core/clock";
import { locale, region, t } from "../../i18n";
import { Icon, Mark } from "../../ui/icon";
import type { Visit } from "./visit";

export type View = "grid" | "stage";

interface Props {
  visit: Visit;
  view: View;
  nowMs: number;
  onView: (view: View) => void;
}

export function Head({ visit, view, nowMs, onView }: Props) {
  const { live } = visit;
  const ends = new Date(live.ends_at).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
  const since = live.opened_at === null ? null : Date.parse(live.opened_at);
  return (
    <header class="ctop">
      <span class="logo dk"><Mark /></span>
      <h1 class="clip" dir="auto">
        {live.course_title}
        <span class="mut dk title"> · <bdi>{live.title}</bdi></span>
      </h1>
      <span class="badge live">
        <i />
        {t("class.live")}
        {since !== null && <span class="num">{spell(nowMs - since, region())}</span>}
      </span>
      <span class="sp" />
      <LinkFact visit={visit} />
      <span class="fact dk num x2"><Icon name="clock" />{t("class.ends", { time: ends })}</span>
      <div class="seg dk" role="group" aria-label={t("class.layout")}>
        <button type="button" aria-pressed={view === "grid"} onClick={() => onView("grid")}>
          <Icon name="grid" />
          {t("class.grid")}
        </button>
        <button type="button" aria-pressed={view === "stage"} onClick={() => onView("stage")}>
          <Icon name="stage" />
          {t("class.stage")}
        </button>
      </div>
    </header>
  );
}

function LinkFact({ visit }: { visit: Visit }) {
  const { store, call } = visit;
  const word =
    store.link.value === "live"
      ? { good: t("class.linkGood"), slow: t("class.linkSlowShort"), audio_only: t("class.soundOnly") }[call.link.value]
      : t(store.link.value === "connecting" ? "class.connecting" : "class.offlineShort");
  const weak = store.link.value !== "live" || call.link.value !== "good";
  return (
    <span class={`fact dk${weak ? " c-warn" : ""}`} data-testid="link">
      <Icon name={weak ? "weak" : "signal"} />
      {word}
    </span>
  );
}
