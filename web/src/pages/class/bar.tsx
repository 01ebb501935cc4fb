/** What one may switch in a class; only what works is there. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { canShareScreen } from "../../media/devices";
import type { ClassRole, Reaction } from "../../protocol/messages";
import { Bar, Control } from "../../ui/controls";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import type { Acts } from "./acts";
import type { View } from "./head";
import type { PanelName } from "./panel";
import { REACTIONS } from "./reactions";
import type { Visit } from "./visit";

interface Props {
  visit: Visit;
  acts: Acts;
  role: ClassRole;
  panel: PanelName | null;
  unread: number;
  view: View;
  react: RefObject<HTMLDivElement | null>;
  onPanel: (name: PanelName) => void;
  onView: (view: View) => void;
  onAsk: (kind: "leave" | "end" | "help" | "settings") => void;
}

export function ClassBar(props: Props) {
  const { role, panel, unread, onPanel, onAsk } = props;
  const takesPart = role === "teacher" || role === "student";
  return (
    <Bar
      start={takesPart && <Sending {...props} />}
      end={
        <>
          <Control
            icon="chat"
            label={t("class.chat")}
            letter="C"
            look={panel === "chat" ? "on" : undefined}
            expanded={panel === "chat"}
            unread={unread}
            testId="panel-chat"
            onPress={() => onPanel("chat")}
          />
          <Control
            icon="people"
            label={t("class.people")}
            letter="P"
            look={panel === "people" ? "on" : undefined}
            expanded={panel === "people"}
            wide
            testId="panel-people"
            onPress={() => onPanel("people")}
          />
          <More {...props} takesPart={takesPart} />
          <Control
            icon="leave"
            label={t(role === "teacher" ? "class.end" : "class.leave")}
            look="bye"
            testId="bar-leave"
            onPress={() => onAsk(role === "teacher" ? "end" : "leave")}
          />
        </>
      }
    />
  );
}

function Sending({ visit, acts, role, react }: Props) {
  const { local, store } = visit;
  const { mic = false, camera = false, screen = false } = local.on.value;
  const hand = store.myHand.value;
  return (
    <>
      <Control
        icon={mic ? "mic" : "mic-off"}
        label={t(mic ? "class.mute" : "class.unmute")}
        letter="M"
        look={mic ? undefined : "off"}
        testId="bar-mic"
        onPress={() => void acts.toggle("mic")}
      />
      <Control
        icon={camera ? "cam" : "cam-off"}
        label={t(camera ? "class.stopVideo" : "class.startVideo")}
        letter="V"
        look={camera ? undefined : "off"}
        testId="bar-camera"
        onPress={() => void acts.toggle("camera")}
      />
      {canShareScreen() && (
        <Control
          icon="share"
          label={t(screen ? "class.stopShare" : "class.share")}
          letter="S"
          look={screen ? "on" : undefined}
          wide={role !== "teacher"}
          testId="bar-share"
          onPress={() => void acts.toggleScreen()}
        />
      )}
      <Control
        icon="hand"
        label={hand > 0 ? t("class.handNumber", { place: hand }) : t("class.hand")}
        letter="H"
        look={hand > 0 ? "up" : undefined}
        pressed={hand > 0}
        wide={role === "teacher"}
        testId="bar-hand"
        onPress={() => void acts.toggleHand()}
      />
      <React acts={acts} place={react} />
    </>
  );
}

function React({ acts, place }: { acts: Acts; place: RefObject<HTMLDivElement | null> }) {
  return (
    <div class="wide-only" ref={place}>
      <Menu label={t("class.react")} face={<Face icon="smile" label={t("class.react")} />} buttonClass="cb" up>
        {(close) => <ReactionRow acts={acts} onDone={close} />}
      </Menu>
    </div>
  );
}

function ReactionRow({ acts, onDone }: { acts: Acts; onDone: () => void }) {
  const send = (kind: Reaction) => {
    acts.react(kind);
    onDone();
  };
  return (
    <div class="row reaction-row">
      {REACTIONS.map(({ kind, sign, word }) => (
        <button key={kind} type="button" class="ib" aria-label={t(word)} title={t(word)} onClick={() => send(kind)}>
          <span aria-hidden="true">{sign}</span>
        </button>
      ))}
    </div>
  );
}

function More({ acts, role, view, onPanel, onView, onAsk, takesPart, visit }: Props & { takesPart: boolean }) {
  const [full, setFull] = useState(false);
  const screen = visit.local.on.value.screen ?? false;
  return (
    <Menu label={t("class.more")} face={<Face icon="more" label={t("class.more")} />} buttonClass="cb" up>
      {(close) => {
        const item = (act: () => void) => () => {
          close();
          act();
        };
        return (
          <>
            {takesPart && <div class="phone-only"><ReactionRow acts={acts} onDone={close} /></div>}
            <button type="button" class="item phone-only" onClick={item(() => onPanel("people"))}>
              <Icon name="people" />
              {t("class.people")}
            </button>
            {takesPart && role === "teacher" && (
              <button type="button" class="item phone-only" onClick={item(() => void acts.toggleHand())}>
                <Icon name="hand" />
                {t("class.hand")}
              </button>
            )}
            {takesPart && role !== "teacher" && canShareScreen() && (
              <button type="button" class="item phone-only" onClick={item(() => void acts.toggleScreen())}>
                <Icon name="share" />
                {t(screen ? "class.stopShare" : "class.share")}
              </button>
            )}
            <button type="button" class="item" onClick={item(() => onView(view === "grid" ? "stage" : "grid"))}>
              <Icon name={view === "grid" ? "stage" : "grid"} />
              {t(view === "grid" ? "class.toStage" : "class.toGrid")}
            </button>
            <button
              type="button"
              class="item"
              onClick={item(() => {
                setFull(!full);
                void (full ? document.exitFullscreen() : document.documentElement.requestFullscreen());
              })}
            >
              <Icon name="expand" />
              {t(full ? "class.fullOff" : "class.full")}
            </button>
            <button type="button" class="item" onClick={item(() => onAsk("settings"))}>
              <Icon name="mic" />
              {t("class.devices")}
            </button>
            <button type="button" class="item" onClick={item(() => onAsk("help"))}>
              <Icon name="key" />
              {t("class.keys")}
            </button>
            {role === "teacher" && (
              <button type="button" class="item" onClick={item(() => onAsk("leave"))}>
                <Icon name="leave" class="mir" />
                {t("class.leaveOnly")}
              </button>
            )}
          </>
        );
      }}
    </Menu>
  );
}

function Face({ icon, label }: { icon: "smile" | "more"; label: string }) {
  return (
    <>
      <Icon name={icon} />
      <span>{label}</span>
    </>
  );
}
