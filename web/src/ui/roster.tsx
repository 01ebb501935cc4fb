/** Who is here: hands in order, then people with what they send, and what a teacher may do for each. */

import { useId, useRef, useState } from "preact/hooks";
import { spell } from "../core/clock";
import { region, t } from "../i18n";
import type { ClassRole, Hand, Person } from "../protocol/messages";
import { Avatar } from "./avatar";
import { Icon } from "./icon";
import { Bars } from "./tile";
import "./roster.css";

const SEARCH_FROM = 12;

interface Props {
  people: readonly Person[];
  hands: readonly Hand[];
  speakers: readonly string[];
  away: ReadonlySet<string>;
  you: string;
  leads: boolean;
  nowMs: number;
  onLower: (user: string) => void;
  onMute: (person: Person) => void;
  onStopCamera: (person: Person) => void;
  onRemove: (person: Person) => void;
}

export function Roster(props: Props) {
  const { people, hands, you } = props;
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLocaleLowerCase();
  const byUser = new Map(people.map((person) => [person.user, person]));
  const found = people
    .filter((person) => person.name.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => rank(a, you) - rank(b, you) || a.name.localeCompare(b.name));
  return (
    <div class="body" tabIndex={0} role="region" aria-label={t("class.people")}>
      {hands.length > 0 && (
        <section aria-label={t("class.handsInOrder")}>
          <h3 class="grp"><Icon name="hand" />{t("class.handsInOrder")}</h3>
          <ol class="ppl">
            {hands.map((hand, place) => {
              const person = byUser.get(hand.user);
              return person && <HandRow key={hand.user} hand={hand} person={person} place={place + 1} {...props} />;
            })}
          </ol>
        </section>
      )}
      <section aria-label={t("class.here")}>
        <h3 class="grp">{t("class.hereCount", { count: people.length })}</h3>
        {people.length >= SEARCH_FROM && (
          <input
            type="search"
            class="in s"
            value={search}
            placeholder={t("class.find")}
            aria-label={t("class.find")}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        )}
        <ul class="ppl">
          {found.map((person) => <Row key={person.user} person={person} {...props} />)}
        </ul>
        {found.length === 0 && <p class="sm mut">{t("class.foundNobody")}</p>}
      </section>
    </div>
  );
}

/** Oneself and the teachers first: they are looked for most. */
function rank(person: Person, you: string): number {
  if (person.user === you) return 0;
  return person.role === "teacher" ? 1 : 2;
}

function HandRow({ hand, person, place, leads, you, nowMs, onLower }: Props & { hand: Hand; person: Person; place: number }) {
  return (
    <li>
      <span class="badge hand num" aria-label={t("class.stateHand", { place })}>{place}</span>
      <span class="grow clip">
        <bdi>{person.name}</bdi>
        <br />
        <span class="xs mut num">{t("class.waits", { time: spell(nowMs - hand.at, region()) })}</span>
      </span>
      {(leads || person.user === you) && (
        <button class="btn s" onClick={() => onLower(person.user)} aria-label={t("class.lowerHandOf", { name: person.name })}>
          {t("class.lower")}
        </button>
      )}
    </li>
  );
}

function Row(props: Props & { person: Person }) {
  const { person, you, speakers, away, leads } = props;
  const self = person.user === you;
  const speaking = speakers.includes(person.user);
  const mic = person.tracks.includes("mic");
  const camera = person.tracks.includes("camera");
  return (
    <li data-testid="person-row" data-user={person.user}>
      <Avatar name={person.name} />
      <span class="grow clip">
        <bdi>{self ? t("class.you", { name: person.name }) : person.name}</bdi>
        <Under role={person.role} away={away.has(person.user)} />
      </span>
      {speaking && <span class="c-accent" title={t("class.stateSpeaking")}><Bars /></span>}
      <span class="state" role="img" aria-label={t(mic ? "class.micOn" : "class.micOff")}>
        <Icon name={mic ? "mic" : "mic-off"} />
      </span>
      <span class="state" role="img" aria-label={t(camera ? "class.cameraOn" : "class.cameraOff")}>
        <Icon name={camera ? "cam" : "cam-off"} />
      </span>
      {leads && !self && <RowMenu {...props} mic={mic} camera={camera} />}
    </li>
  );
}

function Under({ role, away }: { role: ClassRole; away: boolean }) {
  if (away) return <span class="xs c-warn under">{t("class.comingBack")}</span>;
  if (role === "student") return null;
  return <span class="xs mut under">{t(`class.role_${role}`)}</span>;
}

function RowMenu({ person, mic, camera, onMute, onStopCamera, onRemove }: Props & { person: Person; mic: boolean; camera: boolean }) {
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const pick = (act: (person: Person) => void) => () => {
    menu.current?.hidePopover();
    act(person);
  };
  return (
    <>
      <button
        ref={button}
        class="ib s"
        popovertarget={id}
        aria-label={t("class.actionsFor", { name: person.name })}
        onClick={() => {
          if (button.current && menu.current) putBeside(menu.current, button.current);
        }}
      >
        <Icon name="more" />
      </button>
      <div id={id} ref={menu} popover="auto" class="menu row-menu">
        {mic && <button class="item" onClick={pick(onMute)}><Icon name="mic-off" />{t("class.mute")}</button>}
        {camera && <button class="item" onClick={pick(onStopCamera)}><Icon name="cam-off" />{t("class.stopVideoOf")}</button>}
        <button class="item dang" onClick={pick(onRemove)}><Icon name="leave" class="mir" />{t("class.remove")}</button>
      </div>
    </>
  );
}

/** Beside its button, inside the window: popovers stand in the top layer and know no parent. */
function putBeside(menu: HTMLElement, button: HTMLElement): void {
  const { bottom, top, left, right } = button.getBoundingClientRect();
  const rtl = getComputedStyle(button).direction === "rtl";
  const above = bottom > innerHeight - 180;
  menu.style.inset = "auto";
  if (above) menu.style.bottom = `${innerHeight - top + 4}px`;
  else menu.style.top = `${bottom + 4}px`;
  if (rtl) menu.style.left = `${left}px`;
  else menu.style.right = `${innerWidth - right}px`;
}
