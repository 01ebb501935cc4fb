/** What works and what does not, each with what to do. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { me } from "../../core/session";
import { t, type Key } from "../../i18n";
import { checkWay, type Found, type Way } from "../../media/check";
import { watchLevel } from "../../media/level";
import type { LocalMedia } from "../../media/local";
import type { LiveClass } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";

const SOCKET_PATH = "/socket.io/";
const BARS = 26;
const LOUD_FROM = 22;

const WAYS: Readonly<Record<Way, { title: Key; text: Key; good: boolean }>> = {
  good: { title: "door.wayGood", text: "door.wayGoodText", good: true },
  slow: { title: "door.waySlow", text: "door.waySlowText", good: false },
  udp_blocked: { title: "door.wayUdp", text: "door.wayUdpText", good: false },
  media_blocked: { title: "door.wayMedia", text: "door.wayMediaText", good: false },
  socket_blocked: { title: "door.waySocket", text: "door.waySocketText", good: false },
  server_away: { title: "door.wayAway", text: "door.wayAwayText", good: false },
  no_webrtc: { title: "door.wayNoMedia", text: "door.wayNoMediaText", good: false },
};

export function Checks({ live, local, asks }: { live: LiveClass; local: LocalMedia; asks: boolean }) {
  return (
    <section class="card" aria-label={t("door.checks")}>
      <ul class="list">
        {asks && <MicCheck local={local} />}
        {asks && <CameraCheck local={local} />}
        <WayCheck live={live} />
      </ul>
    </section>
  );
}

function Check({ good, title, children }: { good: boolean | null; title: string; children: ComponentChildren }) {
  return (
    <li class="check-row">
      <span class={good === null ? "mut" : good ? "c-ok" : "c-warn"}>
        <Icon name={good === null ? "more" : good ? "ok" : "alert"} />
      </span>
      <div class="g">
        <b class="b">{title}</b>
        <div class="sm mut">{children}</div>
      </div>
      {good && <span class="badge ok">{t("door.ok")}</span>}
    </li>
  );
}

function MicCheck({ local }: { local: LocalMedia }) {
  const track = local.tracks.value.mic;
  const trouble = local.trouble.value.mic;
  if (trouble) {
    return (
      <Check good={false} title={t(`door.title_mic_${trouble}`)}>
        <p>{t(`door.mic_${trouble}`)}</p>
        <Button size="s" icon="refresh" onClick={() => void local.turnOn("mic")}>{t("door.tryAgain")}</Button>
      </Check>
    );
  }
  if (!track) return <Check good={null} title={t("door.micAsked")}>{t("door.micAskedText")}</Check>;
  const on = local.on.value.mic ?? false;
  return (
    <Check good title={t("door.micWorks")}>
      <p>{t(on ? "door.micWorksText" : "door.micMutedText")}</p>
      <Meter track={track} />
    </Check>
  );
}

function Meter({ track }: { track: MediaStreamTrack }) {
  const [level, setLevel] = useState(0);
  useEffect(() => watchLevel(track, (now) => setLevel((before) => Math.max(now, before * 0.8))), [track]);
  const lit = Math.round(level * BARS);
  return (
    <div class="meter" role="meter" aria-label={t("door.level")} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(level * 100)}>
      {Array.from({ length: BARS }, (_, bar) => (
        <i key={bar} class={bar >= lit ? "" : bar >= LOUD_FROM ? "p" : "a"} />
      ))}
    </div>
  );
}

function CameraCheck({ local }: { local: LocalMedia }) {
  const track = local.tracks.value.camera;
  const trouble = local.trouble.value.camera;
  if (trouble) return <Check good={false} title={t(`door.title_camera_${trouble}`)}>{t("door.initials")}</Check>;
  if (!track) {
    const off = local.on.value.camera === false;
    return <Check good={null} title={t(off ? "door.cameraOff" : "door.cameraAsked")}>{t("door.initials")}</Check>;
  }
  const { height = 0 } = track.getSettings();
  return <Check good title={t("door.cameraWorks")}>{t("door.cameraWorksText", { height })}</Check>;
}

function WayCheck({ live }: { live: LiveClass }) {
  const [found, setFound] = useState<Found | null>(null);
  const look = () => {
    setFound(null);
    void checkWay(SOCKET_PATH, live.id, me.value?.user.id ?? "").then(setFound);
  };
  useEffect(look, [live.id, live.state]);
  if (!found) return <Check good={null} title={t("door.wayTesting")}>{t("door.wayTestingText")}</Check>;
  const { title, text, good } = WAYS[found.way];
  return (
    <Check good={good} title={t(title)}>
      <p data-testid="door-way" data-way={found.way}>{t(text, { ms: Math.round(found.roundTripMs ?? 0) })}</p>
      {!good && <Button size="s" icon="refresh" onClick={look}>{t("door.tryAgain")}</Button>}
    </Check>
  );
}
