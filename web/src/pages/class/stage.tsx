/** What is shared, first and large, with the few who matter now beside it. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { steadyStrip, strip } from "../../media/layout";
import type { Person } from "../../protocol/messages";
import { Icon } from "../../ui/icon";
import { Tile } from "../../ui/tile";
import type { Faces } from "./faces";
import type { Visit } from "./visit";
import type { TileViewer } from "./viewer";

const STRIP_PLACES = 6;

interface Props {
  visit: Visit;
  faces: Faces;
  viewer: TileViewer;
  presenter: Person | undefined;
}

export function Stage({ visit, faces, viewer, presenter }: Props) {
  const { store } = visit;
  const { people, hands } = store.room.value;
  const seats = useRef<string[]>([]);
  const wanted = strip(people, store.speakers.value, hands, STRIP_PLACES);
  seats.current = steadyStrip(seats.current, wanted);
  const lead = presenter ? undefined : (seats.current[0] ?? store.you.value);
  const beside = seats.current.filter((user) => user !== lead);
  return (
    <>
      {beside.length > 0 && (
        <div class="strip" role="group" aria-label={t("class.people")}>
          {beside.map((user) => <Tile key={user} face={faces.of(user)} viewer={viewer} />)}
        </div>
      )}
      <div class="slidebox">
        {presenter && <Screen visit={visit} viewer={viewer} presenter={presenter} />}
        {lead !== undefined && <div class="lead"><Tile face={faces.of(lead)} viewer={viewer} /></div>}
      </div>
    </>
  );
}

function Screen({ visit, viewer, presenter }: { visit: Visit; viewer: TileViewer; presenter: Person }) {
  const { store, call, local } = visit;
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const track = `${presenter.user}/screen`;
  const self = presenter.user === store.you.value;
  const playing = call.receiver.playing.value.get(track);
  const picture = self ? local.tracks.value.screen : playing?.media;
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element || self) return undefined;
    return viewer.watch(track, element);
  }, [track, self]);
  useLayoutEffect(() => {
    if (video.current) video.current.srcObject = picture ? new MediaStream([picture]) : null;
  }, [picture]);
  return (
    <div ref={frame} class="slide" dir="ltr" data-testid="screen" data-user={presenter.user}>
      <video ref={video} autoplay playsInline muted aria-label={t("class.screenOf", { name: presenter.name })} />
      {!self && !picture && <p class="waiting">{t("class.screenComing", { name: presenter.name })}</p>}
      {playing?.paused && <span class="net"><Icon name="weak" />{t("class.picturePaused")}</span>}
      <p class="whose" dir="auto">
        <Icon name="monitor" />
        {self ? t("class.youShare") : t("class.shares", { name: presenter.name })}
      </p>
    </div>
  );
}
