/** What is so with the link, what goes on, and what to do: one line, the most pressing first. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import type { Visit } from "./visit";

const BACK_SHOWN_MS = 8000;

export function Banners({ visit }: { visit: Visit }) {
  const { store, call } = visit;
  const link = store.link.value;
  const missed = store.missed.value;
  useEffect(() => {
    if (missed === null) return undefined;
    const timer = setTimeout(() => (store.missed.value = null), BACK_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [missed]);
  if (link === "offline") return <Banner look="bad" icon="wifi-off" urgent>{t("class.offline")}</Banner>;
  if (call.sound.blocked.value) {
    return (
      <Banner look="acc" icon="volume" urgent>
        <span class="sp">{t("class.soundBlocked")}</span>
        <button class="btn pri s" data-testid="sound-button" onClick={() => call.sound.unblock()}>
          {t("class.soundOn")}
        </button>
      </Banner>
    );
  }
  if (call.stuck.value) return <Banner look="bad" icon="weak" urgent>{t("class.mediaStuck")}</Banner>;
  if (missed !== null) return <Banner look="ok" icon="ok">{t("class.back", { count: missed })}</Banner>;
  if (call.link.value === "audio_only") return <Banner look="warn" icon="weak">{t("class.linkAudioOnly")}</Banner>;
  if (call.link.value === "slow") return <Banner look="warn" icon="weak">{t("class.linkSlow")}</Banner>;
  return null;
}

interface BannerProps {
  look: "bad" | "warn" | "ok" | "acc";
  icon: IconName;
  urgent?: boolean;
  children: ComponentChildren;
}

function Banner({ look, icon, urgent = false, children }: BannerProps) {
  return (
    <div class={`banner ${look}`} role={urgent ? "alert" : "status"} data-testid="banner">
      <Icon name={icon} />
      {typeof children === "string" ? <span class="sp">{children}</span> : children}
    </div>
  );
}
