/** Before the class: preview, microphone meter, devices, and a test that says what is wrong and what to do. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { api } from "../../core/api";
import { codeOf } from "../../core/errors";
import { me } from "../../core/session";
import { locale, t } from "../../i18n";
import { chime } from "../../media/level";
import type { LocalMedia } from "../../media/local";
import type { LiveClass } from "../../protocol/api";
import { Avatar } from "../../ui/avatar";
import { Button } from "../../ui/button";
import { Control } from "../../ui/controls";
import { Icon, Mark } from "../../ui/icon";
import { toast } from "../../ui/toast";
import { useKeys } from "../class/keys";
import { Checks } from "./checks";
import { DeviceFields } from "./fields";

const LOOK_AGAIN_MS = 5000;

interface Props {
  live: LiveClass;
  local: LocalMedia;
  onLive: (live: LiveClass) => void;
  onReload: () => void;
  onMounted: () => void;
  onJoin: (live: LiveClass, startedAt: number) => Promise<void>;
}

export function Lobby({ live, local, onLive, onReload, onMounted, onJoin }: Props) {
  const asks = live.my_role === "teacher" || live.my_role === "student";
  useEffect(() => {
    onMounted();
    if (asks && live.state !== "closed") void local.openBoth();
  }, []);
  useEffect(() => {
    if (live.state !== "scheduled") return undefined;
    const timer = setInterval(onReload, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [live.state]);
  const toggle = (source: "mic" | "camera") => {
    if (local.on.value[source]) local.turnOff(source);
    else void local.turnOn(source);
  };
  useKeys({ M: () => toggle("mic"), V: () => toggle("camera") }, { press: () => undefined, release: () => undefined });
  return (
    <>
      <header class="top">
        <a class="logo" href="/" aria-label={t("door.home")}><Mark /><span>Lectern</span></a>
        <span class="sp" />
        {me.value && <Avatar name={me.value.user.name} />}
      </header>
      <main class="door">
        <div class="stack preview">
          <div>
            <h1><bdi>{live.course_title}</bdi> · <bdi>{live.title}</bdi></h1>
            <p class="mut">{t("door.seenAfter")}</p>
          </div>
          {asks && <Preview local={local} />}
          {asks && <Switches local={local} onToggle={toggle} />}
          <Join live={live} local={local} onLive={onLive} onJoin={onJoin} />
        </div>
        <div class="stack">
          <Checks live={live} local={local} asks={asks} />
          {asks && <section class="card"><DeviceFields local={local} /></section>}
        </div>
      </main>
    </>
  );
}

function Preview({ local }: { local: LocalMedia }) {
  const video = useRef<HTMLVideoElement>(null);
  const camera = local.on.value.camera ? local.tracks.value.camera : undefined;
  const trouble = local.trouble.value.camera;
  useLayoutEffect(() => {
    if (video.current) video.current.srcObject = camera ? new MediaStream([camera]) : null;
  }, [camera]);
  return (
    <figure class={`self${camera ? "" : " off"}`} data-testid="preview">
      {camera && <video ref={video} autoplay playsInline muted aria-label={t("door.preview")} />}
      {!camera && (
        <div class="col says">
          <Icon name="cam-off" class="l" />
          <b class="b">{trouble ? t(`door.title_camera_${trouble}`) : t("door.cameraOff")}</b>
          <span class="sm mut">{trouble ? t(`door.camera_${trouble}`) : t("door.cameraOffText")}</span>
          {trouble && (
            <Button size="s" icon="refresh" onClick={() => void local.turnOn("camera")}>{t("door.tryAgain")}</Button>
          )}
        </div>
      )}
      {camera && <figcaption><bdi>{me.value?.user.name}</bdi></figcaption>}
    </figure>
  );
}

function Switches({ local, onToggle }: { local: LocalMedia; onToggle: (source: "mic" | "camera") => void }) {
  const { mic = false, camera = false } = local.on.value;
  return (
    <div class="row w switches">
      <Control
        icon={mic ? "mic" : "mic-off"}
        label={t(mic ? "class.mute" : "class.unmute")}
        letter="M"
        look={mic ? undefined : "off"}
        testId="door-mic"
        onPress={() => onToggle("mic")}
      />
      <Control
        icon={camera ? "cam" : "cam-off"}
        label={t(camera ? "class.stopVideo" : "class.startVideo")}
        letter="V"
        look={camera ? undefined : "off"}
        testId="door-camera"
        onPress={() => onToggle("camera")}
      />
      <Control icon="volume" label={t("door.testSound")} testId="door-sound" onPress={() => void chime()} />
    </div>
  );
}

function Join({ live, local, onLive, onJoin }: Pick<Props, "live" | "local" | "onLive" | "onJoin">) {
  const [busy, setBusy] = useState(false);
  if (live.state === "closed") {
    return <p class="banner round" role="status"><Icon name="clock" /><span class="sp">{t("door.closed")}</span></p>;
  }
  if (live.state === "scheduled" && live.my_role !== "teacher") {
    const starts = new Date(live.starts_at).toLocaleString(locale(), { weekday: "long", hour: "2-digit", minute: "2-digit" });
    return (
      <p class="banner round acc" role="status" data-testid="door-waiting">
        <Icon name="clock" />
        <span class="sp">{t("door.notOpen", { time: starts })}</span>
      </p>
    );
  }
  const join = async () => {
    const startedAt = performance.now();
    setBusy(true);
    try {
      const into = live.state === "scheduled" ? await api.post<LiveClass>(`/classes/${live.id}/open`) : live;
      onLive(into);
      await onJoin(into, startedAt);
    } catch (problem) {
      toast(t("door.joinFailed", { code: codeOf(problem) }));
    } finally {
      setBusy(false);
    }
  };
  const without = local.trouble.value.camera !== undefined;
  const word = live.state === "scheduled" ? "door.openAndJoin" : without ? "door.joinWithout" : "door.join";
  return (
    <div class="go">
      <Button look="primary" size="lg" busy={busy} data-testid="door-join" onClick={() => void join()}>{t(word)}</Button>
    </div>
  );
}
