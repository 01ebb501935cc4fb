/** The live class: people first, who needs you, one bar, one panel. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { sendFile } from "../../core/uploads";
import { t } from "../../i18n";
import type { ChatLine, Person, QuizNow } from "../../protocol/messages";
import { Confirm } from "../../ui/dialog";
import { Grid } from "../../ui/grid";
import { Acts } from "./acts";
import { Announcer } from "./announcer";
import { Banners } from "./banners";
import { ClassBar } from "./bar";
import { Ended } from "./ended";
import { Faces, inOrder, presenter } from "./faces";
import { Head, type View } from "./head";
import { Help } from "./help";
import { useKeys } from "./keys";
import { Needs } from "./needs";
import { Outbox } from "./outbox";
import { Panel, panelsOf, type PanelName } from "./panel";
import { Floating } from "./reactions";
import { Settings } from "./settings";
import { Speaking } from "./speaking";
import { Stage } from "./stage";
import { TileViewer } from "./viewer";
import type { Visit } from "./visit";
import "./class.css";

const TICK_MS = 1000;

type Question =
  | { kind: "leave" }
  | { kind: "end" }
  | { kind: "remove"; person: Person }
  | { kind: "delete"; line: ChatLine }
  | { kind: "help" }
  | { kind: "settings" };

export default function ClassPage({ visit, onBack }: { visit: Visit; onBack: () => void }) {
  const { store } = visit;
  const parts = useMemo(
    () => ({ acts: new Acts(visit), faces: new Faces(visit), viewer: new TileViewer(visit), outbox: outboxOf(visit) }),
    [visit],
  );
  useEffect(() => {
    visit.start();
    const leaving = () => visit.local.closeAll();
    addEventListener("pagehide", leaving);
    return () => {
      removeEventListener("pagehide", leaving);
      // To go to another page of the school is to leave; a reload does not come by here.
      void visit.leave();
    };
  }, [visit]);
  useEffect(() => {
    if (store.ending.value) visit.close();
  }, [store.ending.value]);
  if (store.ending.value) return <Ended ending={store.ending.value} onBack={onBack} />;
  return <Room visit={visit} {...parts} />;
}

function outboxOf({ connection, store, live }: Visit): Outbox {
  return new Outbox(connection, store, (file, options) => sendFile(file, { ...options, classId: live.id }));
}

interface RoomProps {
  visit: Visit;
  acts: Acts;
  faces: Faces;
  viewer: TileViewer;
  outbox: Outbox;
}

function Room({ visit, acts, faces, viewer, outbox }: RoomProps) {
  const { store } = visit;
  const room = store.room.value;
  const role = store.me.value?.role ?? visit.live.my_role ?? "student";
  const leads = role === "teacher";
  const shares = presenter(room.people);
  const [asked, ask] = useState<Question | null>(null);
  const chosen = useSignal<View | null>(null);
  const { panel, opened, show, unread } = usePanel(room.chat, store.you.value);
  useQuiz(room.quiz, leads, show);
  const nowMs = useNow(() => store.serverTime.nowMs());
  const view = chosen.value ?? (shares ? "stage" : "grid");
  const wasMuted = useRef(false);
  const react = useRef<HTMLDivElement>(null);
  // A new share takes the stage again, whatever was chosen before.
  useEffect(() => {
    chosen.value = null;
  }, [shares?.user]);

  const first = room.hands[0];
  const takesPart = role === "teacher" || role === "student";
  useKeys(
    {
      M: takesPart ? () => void acts.toggle("mic") : undefined,
      V: takesPart ? () => void acts.toggle("camera") : undefined,
      S: takesPart ? () => void acts.toggleScreen() : undefined,
      H: takesPart ? () => void acts.toggleHand() : undefined,
      C: () => show(panel === "chat" ? null : "chat"),
      P: () => show(panel === "people" ? null : "people"),
      Q: panelsOf(room.quiz, role).includes("quiz") ? () => show(panel === "quiz" ? null : "quiz") : undefined,
      F: leads && first ? () => void acts.lower(first.user) : undefined,
      E: takesPart ? () => react.current?.querySelector("button")?.click() : undefined,
      T: () => (chosen.value = view === "grid" ? "stage" : "grid"),
      "?": () => ask({ kind: "help" }),
      Escape: panel ? () => show(null) : undefined,
    },
    {
      press: () => {
        wasMuted.current = takesPart && !visit.local.on.value.mic;
        if (wasMuted.current) void visit.local.turnOn("mic");
      },
      release: () => {
        if (wasMuted.current) visit.local.turnOff("mic");
      },
    },
  );

  return (
    <div class={`class${panel ? " with-panel" : ""}`} data-testid="class-page" data-link={store.link.value}>
      <Head visit={visit} view={view} onView={(next) => (chosen.value = next)} nowMs={nowMs} />
      <div class="banners"><Banners visit={visit} /></div>
      <main class="main" tabIndex={-1}>
        <h2 class="sr">{t("class.people")}</h2>
        {leads && (
          <Needs room={room} nowMs={nowMs} onLower={(user) => void acts.lower(user)} onAll={() => show("people")} />
        )}
        {view === "stage" ? (
          <Stage visit={visit} faces={faces} viewer={viewer} presenter={shares} />
        ) : (
          <Grid
            present={inOrder(room.people)}
            face={(user) => faces.of(user)}
            viewer={viewer}
            nowMs={() => performance.now()}
            speakers={store.speakers.value}
            onOpen={leads ? () => show("people") : undefined}
          />
        )}
        <Speaking visit={visit} faces={faces} />
        <Floating visit={visit} faces={faces} />
      </main>
      {panel && (
        <Panel
          visit={visit}
          faces={faces}
          outbox={outbox}
          acts={acts}
          shown={panel}
          opened={opened}
          unread={unread}
          role={role}
          nowMs={nowMs}
          onShow={show}
          onRemove={(person) => ask({ kind: "remove", person })}
          onDelete={(line) => ask({ kind: "delete", line })}
        />
      )}
      <ClassBar
        visit={visit}
        acts={acts}
        role={role}
        panel={panel}
        unread={unread}
        view={view}
        onPanel={(name) => show(panel === name ? null : name)}
        onView={(next) => (chosen.value = next)}
        react={react}
        onAsk={(kind) => ask({ kind })}
      />
      <Announcer visit={visit} leads={leads} />
      {asked && <Asked visit={visit} acts={acts} asked={asked} onClose={() => ask(null)} />}
    </div>
  );
}

function Asked({ visit, acts, asked, onClose }: { visit: Visit; acts: Acts; asked: Question; onClose: () => void }) {
  switch (asked.kind) {
    case "help":
      return <Help onClose={onClose} />;
    case "settings":
      return <Settings visit={visit} onClose={onClose} />;
    case "leave":
      return (
        <Confirm title={t("class.leaveAsk")} action={t("class.leave")} danger onYes={() => visit.leave()} onClose={onClose}>
          {t("class.leaveText")}
        </Confirm>
      );
    case "end":
      return (
        <Confirm title={t("class.endAsk")} action={t("class.endYes")} danger onYes={() => acts.end()} onClose={onClose}>
          {t("class.endText")}
        </Confirm>
      );
    case "remove":
      return (
        <Confirm
          title={t("class.removeAsk", { name: asked.person.name })}
          action={t("class.remove")}
          danger
          onYes={() => acts.remove(asked.person)}
          onClose={onClose}
        >
          {t("class.removeText")}
        </Confirm>
      );
    case "delete":
      return (
        <Confirm
          title={t("class.deleteAsk")}
          action={t("class.delete")}
          danger
          onYes={() => acts.deleteLine(asked.line.seq)}
          onClose={onClose}
        >
          {t("class.deleteText")}
        </Confirm>
      );
  }
}

/** A new quiz comes into view by itself for those who are to answer it; what is shown of it later finds them there or not. */
function useQuiz(quiz: QuizNow | null, leads: boolean, show: (name: PanelName) => void) {
  const id = quiz && !quiz.revealed ? quiz.quiz : null;
  useEffect(() => {
    // Who is in the middle of a word finishes it: the quiz is said aloud, and has its tab.
    const at = document.activeElement;
    const writes = (at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement) && at.value.trim() !== "";
    if (id !== null && !leads && !writes) show("quiz");
  }, [id, leads]);
}

/** Which panel is open, and how much was said while the chat was not. */
function usePanel(chat: readonly ChatLine[], you: string) {
  const wide = matchMedia("(min-width: 56em)").matches;
  const [panel, setPanel] = useState<PanelName | null>(wide ? "chat" : null);
  const [opened, setOpened] = useState(false);
  const [readUpTo, setReadUpTo] = useState<number | null>(null);
  const opener = useRef<Element | null>(null);
  const latest = chat.at(-1)?.seq ?? 0;
  // What was there on arrival counts as read.
  useEffect(() => {
    if (you !== "" && (panel === "chat" || readUpTo === null)) setReadUpTo(latest);
  }, [panel, latest, you]);
  const read = readUpTo ?? latest;
  const unread = panel === "chat" ? 0 : chat.filter((line) => line.seq > read && line.user !== you).length;
  const show = (name: PanelName | null) => {
    if (name && !panel) opener.current = document.activeElement;
    if (!name && opener.current instanceof HTMLElement) opener.current.focus();
    setPanel(name);
    setOpened(matchMedia("(pointer: fine)").matches);
  };
  return { panel, opened, show, unread };
}

function useNow(read: () => number): number {
  const [now, setNow] = useState(read);
  useEffect(() => {
    const timer = setInterval(() => setNow(read()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
