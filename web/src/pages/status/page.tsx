/** What works and what does not, for everybody. */
import { status } from "../../core/school";
import { region, t } from "../../i18n";
import type { ComponentStatus, Status } from "../../protocol/api";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Frame } from "../frame";
import { Ready, useLoading, useRepeating } from "../loading";
import "./status.css";

const REPEAT_MS = 15_000;

const LOOK: Readonly<Record<ComponentStatus["state"], { readonly icon: IconName; readonly colour: string }>> = {
  ok: { icon: "ok", colour: "c-ok" },
  degraded: { icon: "alert", colour: "c-warn" },
  down: { icon: "no", colour: "c-danger" },
};

function zone(): string {
  return new Intl.DateTimeFormat(region()).resolvedOptions().timeZone;
}

function Component({ name, state, since, detail }: ComponentStatus) {
  const { icon, colour } = LOOK[state];
  return (
    <li class="part">
      <div class="g">
        <b class="b">{t(`status.part.${name}`)}</b>
        <p class="sm mut">{t(`status.partAbout.${name}`)}</p>
      </div>
      <div class={`part-state ${colour}`}>
        <span class="row b">
          <Icon name={icon} />
          {t(`status.state.${state}`)}
        </span>
        <span class="xs dim">{t("status.since", { day: since, time: since })}</span>
      </div>
      {state !== "ok" && detail && (
        <p class="part-detail sm mut" dir="auto">
          {detail}
        </p>
      )}
    </li>
  );
}

function Summary({ state, checked_at: checkedAt, components }: Status) {
  return (
    <>
      <header class="status-head">
        <h1>{t(`status.summary.${state}`)}</h1>
        <p class="mut" role="status">
          {t("status.checked", { time: checkedAt, zone: zone() })}
        </p>
      </header>
      <section class="card" aria-label={t("status.parts")}>
        <ul class="list">
          {components.map((one) => (
            <Component key={one.name} {...one} />
          ))}
        </ul>
      </section>
    </>
  );
}

export function StatusPage() {
  const loading = useLoading(status, []);
  useRepeating(loading.again, REPEAT_MS);
  return (
    <Frame title={t("status.title")} narrow>
      <Ready of={loading}>{(now) => <Summary {...now} />}</Ready>
    </Frame>
  );
}
