/** The side panel: chat and people; on phones a sheet that never hides who speaks. */

import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ChatLine, ClassRole, Person, QuizNow } from "../../protocol/messages";
import { IconButton } from "../../ui/button";
import { ChatList, Compose } from "../../ui/chat";
import { Roster } from "../../ui/roster";
import { Waiting } from "../../ui/states";
import type { Acts } from "./acts";
import type { Faces } from "./faces";
import type { Outbox } from "./outbox";
import type { Props as QuizProps } from "./quiz";
import type { Visit } from "./visit";

export type PanelName = "chat" | "people" | "quiz";

interface Props {
  visit: Visit;
  faces: Faces;
  outbox: Outbox;
  acts: Acts;
  shown: PanelName;
  /** Somebody with a keyboard at hand has opened or changed it: it takes the focus. One that stood open on arrival takes none. */
  opened: boolean;
  unread: number;
  role: ClassRole;
  nowMs: number;
  onShow: (name: PanelName | null) => void;
  onRemove: (person: Person) => void;
  onDelete: (line: ChatLine) => void;
}

export function Panel(props: Props) {
  const { visit, shown, opened, unread, onShow } = props;
  const tabs = useRef<HTMLDivElement>(null);
  const { quiz } = visit.store.room.value;
  const names = panelsOf(quiz, props.role);
  const asksNow = quiz !== null && !quiz.revealed && props.role !== "teacher" && shown !== "quiz";
  useEffect(() => {
    if (opened && shown !== "chat") tabs.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }, [opened, shown]);
  const tab = (name: PanelName, label: string, count: number, fresh: boolean) => (
    <button
      type="button"
      role="tab"
      id={`tab-${name}`}
      aria-selected={shown === name}
      aria-controls="panel-body"
      tabIndex={shown === name ? 0 : -1}
      onClick={() => onShow(name)}
    >
      {label}
      {count > 0 && <span class={fresh ? "badge n num" : "dim num"}>{count}</span>}
    </button>
  );
  return (
    <aside class="side" aria-label={t("class.panel")}>
      <div class="side-head">
        <div
          class="tabs"
          role="tablist"
          ref={tabs}
          onKeyDown={(event) => {
            if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
            event.preventDefault();
            const step = event.key === "ArrowRight" ? 1 : names.length - 1;
            onShow(names[(names.indexOf(shown) + step) % names.length] ?? "chat");
          }}
        >
          {tab("chat", t("class.chat"), unread, true)}
          {tab("people", t("class.people"), visit.store.room.value.people.length, false)}
          {names.includes("quiz") && tab("quiz", t("class.quiz"), asksNow ? 1 : 0, true)}
        </div>
        <IconButton small icon="x" label={t("class.closePanel")} onClick={() => onShow(null)} />
      </div>
      <div id="panel-body" role="tabpanel" aria-labelledby={`tab-${shown}`} class="side-body">
        {shown === "chat" && <Chat {...props} />}
        {shown === "people" && <People {...props} />}
        {shown === "quiz" && <QuizPart {...props} />}
      </div>
    </aside>
  );
}

/** Those who run the class can pose a quiz at any time; the others have one when there is one. */
export function panelsOf(quiz: QuizNow | null, role: ClassRole): readonly PanelName[] {
  return quiz !== null || role === "teacher" ? ["chat", "people", "quiz"] : ["chat", "people"];
}

/** Comes with the first quiz: a class without one does not carry it. */
function QuizPart({ visit, role }: Props) {
  const [Quiz, setQuiz] = useState<ComponentType<QuizProps> | null>(null);
  useEffect(() => {
    void import("./quiz").then((part) => setQuiz(() => part.default));
  }, []);
  const { people, quiz } = visit.store.room.value;
  const students = people.filter((person) => person.role === "student").length;
  if (!Quiz) return <Waiting lines={6} />;
  return <Quiz classId={visit.live.id} courseId={visit.live.course_id} now={quiz} leads={role === "teacher"} students={students} />;
}

function Chat({ visit, faces, outbox, acts, opened, role, onDelete }: Props) {
  const { store, connection } = visit;
  const you = store.you.value;
  const { chat, people } = store.room.value;
  const teachers = new Set(people.filter((person) => person.role === "teacher").map((person) => person.user));
  return (
    <>
      <ChatList
        lines={chat}
        unsent={outbox.unsent.value}
        you={you}
        isTeacher={(user) => teachers.has(user)}
        typing={store.typing.value.map((user) => faces.nameOf(user))}
        mayDelete={(line) => role === "teacher" || (line.user === you && role !== "observer")}
        onDelete={onDelete}
        onRetry={(entry) => outbox.retry(entry)}
        onGiveUp={(entry) => outbox.giveUp(entry)}
        onOpen={(file) => void acts.openFile(file)}
      />
      {role !== "observer" && (
        <footer>
          <Compose focus={opened} onSend={(text) => void outbox.send(text)} onTyping={() => connection.say("chat.typing", {})} onFile={(file) => void outbox.attach(file)} />
        </footer>
      )}
    </>
  );
}

function People({ visit, acts, role, nowMs, onRemove }: Props) {
  const { store } = visit;
  const { people, hands } = store.room.value;
  return (
    <Roster
      people={people}
      hands={hands}
      speakers={store.speakers.value}
      away={store.away.value}
      you={store.you.value}
      leads={role === "teacher"}
      nowMs={nowMs}
      onLower={(user) => void acts.lower(user)}
      onMute={(person) => void acts.mute(person, "mic")}
      onStopCamera={(person) => void acts.mute(person, "camera")}
      onRemove={onRemove}
    />
  );
}
