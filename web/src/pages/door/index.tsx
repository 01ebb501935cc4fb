/** The door of a class: see and hear oneself, find what is wrong, go in. */

import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { api } from "../../core/api";
import { codeOf } from "../../core/errors";
import { t } from "../../i18n";
import { Devices } from "../../media/devices";
import { LocalMedia } from "../../media/local";
import type { LiveClass } from "../../protocol/api";
import { Trouble, Waiting } from "../../ui/states";
import type { Visit } from "../class/visit";
import { Lobby } from "./lobby";
import { inside, wentIn, wentOut } from "./inside";
import "./door.css";

type ClassPageType = ComponentType<{ visit: Visit; onBack: () => void }>;

interface Entered {
  visit: Visit;
  Page: ClassPageType;
}

const loadClass = () => Promise.all([import("../class"), import("../class/visit")]);

export default function ClassDoor({ classId }: { classId: string }) {
  const local = useMemo(() => new LocalMedia(new Devices()), []);
  const [live, setLive] = useState<LiveClass | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [entered, setEntered] = useState<Entered | null>(null);

  const load = async () => {
    setTrouble(null);
    try {
      setLive(await api.get<LiveClass>(`/classes/${classId}`));
    } catch (problem) {
      setTrouble(codeOf(problem));
    }
  };
  const enter = async (into: LiveClass, startedAt: number) => {
    try {
      const [{ default: Page }, { Visit }] = await loadClass();
      wentIn(classId, local.on.value);
      setEntered({ Page, visit: new Visit(into, local, startedAt) });
    } catch {
      setTrouble("page_missing");
    }
  };
  useEffect(() => void load(), [classId]);
  useEffect(() => {
    const before = inside(classId);
    if (live?.state !== "open" || !before) return;
    // A reload in mid-class goes straight back in, with what was on.
    const startedAt = performance.now();
    void Promise.all([before.mic && local.turnOn("mic"), before.camera && local.turnOn("camera")]);
    void enter(live, startedAt);
  }, [live?.id]);
  const over = entered !== null && entered.visit.store.ending.value !== null;
  useEffect(() => {
    if (over) wentOut(classId);
    // What is closed at the end must not count as being inside again.
    else if (entered) wentIn(classId, local.on.value);
  }, [entered, over, local.on.value]);
  useEffect(
    () => () => {
      // Another page of the school: not a reload, so the door stands there next time.
      wentOut(classId);
      local.closeAll();
    },
    [classId, local],
  );
  useEffect(() => {
    if (live) document.title = `${live.title} · Lectern`;
  }, [live?.title]);

  if (trouble !== null) {
    return <main class="door-wait"><Trouble says={t("door.failed")} reference={trouble} onRetry={() => void load()} /></main>;
  }
  if (entered) {
    const { Page, visit } = entered;
    const back = () => {
      wentOut(classId);
      setEntered(null);
      void load();
    };
    return <Page visit={visit} onBack={back} />;
  }
  if (!live || (live.state === "open" && inside(classId))) return <main class="door-wait"><Waiting /></main>;
  return (
    <Lobby
      live={live}
      local={local}
      onLive={setLive}
      onReload={() => void load()}
      onMounted={() => void loadClass().catch(() => undefined)}
      onJoin={enter}
    />
  );
}
