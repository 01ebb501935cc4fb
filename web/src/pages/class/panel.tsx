/** The side panel: chat and people; on phones a sheet that never hides who speaks. */

import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import type { ChatLine, ClassRole, Person } from "../../protocol/messages";
import { IconButton } from "../../ui/button";
import { ChatList, Compose } from "../../ui/chat";
import { Roster } from "../../ui/roster";
import type { Acts } from "./acts";
import type { Faces } from "./faces";
import type { Outbox } from "./outbox";
import type { Visit } from "./visit";

export type PanelName = "chat" | "people";

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
  useEffect(() => {
    if (opened && shown === "people") tabs.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
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
            onShow(shown === "chat" ? "people" : "chat");
          }}
        >
          {tab("chat", t("class.chat"), unread, true)}
          {tab("people", t("class.people"), visit.store.room.value.people.length, false)}
        </div>
        <IconButton small icon="x" label={t("class.closePanel")} onClick={() => onShow(null)} />
      </div>
      <div id="panel-body" role="tabpanel" aria-labelledby={`tab-${shown}`} class="side-body">
        {shown === "chat" ? <Chat {...props} /> : <People {...props} />}
      </div>
    </aside>
  );
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
        onOpen={(file) => void acts.openFile(file)}
      />
      {role !== "observer" && (
        <footer>
          <Compose focus={opened} onSend={(text) => void outbox.send(text)} onTyping={() => connection.say("chat.typing", {})} />
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
