/** One person on screen: picture or initials, name, and every state in a word or a shape besides its colour. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Avatar } from "./avatar";
import { Icon } from "./icon";
import "./tile.css";

export interface Face {
  user: string;
  name: string;
  self: boolean;
  picture: MediaStreamTrack | null;
  mirrored: boolean;
  cameraOn: boolean;
  /** The picture is held back for now: the link is too slow for it. */
  paused: boolean;
  muted: boolean;
  speaking: boolean;
  away: boolean;
  gone: boolean;
  hand: number;
}

export interface Viewer {
  /** This place shows the picture of `user` at so many device pixels; 0 when it does not. */
  shows(user: string, place: symbol, width: number): void;
  firstFrame(user: string): void;
}

interface Props {
  face: Face;
  viewer: Viewer;
  focusable?: boolean;
  onOpen?: (() => void) | undefined;
}

export function Tile({ face, viewer, focusable = true, onOpen }: Props) {
  const frame = useRef<HTMLElement>(null);
  const [moving, setMoving] = useState(false);
  useWidth(frame, face, viewer);
  const shown = face.cameraOn && face.picture !== null;
  const classes = ["tile", face.speaking && "on", !(shown && moving) && "off", face.paused && "slow", face.gone && "gone"];
  return (
    <figure
      ref={frame}
      class={classes.filter(Boolean).join(" ")}
      tabIndex={focusable ? 0 : -1}
      aria-label={describe(face)}
      data-testid="tile"
      data-user={face.user}
      data-self={String(face.self)}
      data-camera={face.cameraOn ? "on" : "off"}
      data-hand={String(face.hand)}
      data-gone={String(face.gone)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target === frame.current) onOpen?.();
      }}
      onDblClick={onOpen}
    >
      {shown && <Picture face={face} viewer={viewer} onMoving={setMoving} />}
      {!(shown && moving) && <Avatar name={face.name} />}
      {face.hand > 0 && (
        <span class="hnd" aria-hidden="true">
          <Icon name="hand" />
          <span class="num">{face.hand}</span>
        </span>
      )}
      <Weak face={face} />
      <figcaption aria-hidden="true">
        {face.speaking && <Bars />}
        {face.muted && <Icon name="mic-off" />}
        <bdi>{face.self ? t("class.you", { name: face.name }) : face.name}</bdi>
      </figcaption>
    </figure>
  );
}

export function Bars() {
  return (
    <span class="eq" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

function Weak({ face }: { face: Face }) {
  const word = absence(face) ?? (face.paused ? t("class.soundOnly") : null);
  if (word === null) return null;
  return (
    <span class="net" aria-hidden="true">
      <Icon name="weak" />
      <span class="word">{word}</span>
    </span>
  );
}

function Picture({ face, viewer, onMoving }: { face: Face; viewer: Viewer; onMoving: (moving: boolean) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const { picture, user } = face;
  useLayoutEffect(() => {
    const element = video.current;
    if (!element || !picture) return undefined;
    element.srcObject = new MediaStream([picture]);
    const first = () => {
      onMoving(true);
      viewer.firstFrame(user);
    };
    // Where frames cannot be watched, playing is the nearest thing to a first frame.
    if ("requestVideoFrameCallback" in element) element.requestVideoFrameCallback(first);
    else (element as HTMLVideoElement).addEventListener("playing", first, { once: true });
    return () => {
      element.srcObject = null;
      onMoving(false);
    };
  }, [picture]);
  return <video ref={video} class={face.mirrored ? "mirrored" : ""} autoplay playsInline muted disablePictureInPicture />;
}

/** Say how wide the picture stands on the screen, in device pixels, for as long as it does. */
function useWidth(frame: { current: HTMLElement | null }, face: Face, viewer: Viewer): void {
  const { user, self, cameraOn } = face;
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element || self || !cameraOn) return undefined;
    const place = Symbol(user);
    let inView = true;
    const say = () => {
      const { clientWidth, clientHeight } = element;
      // The picture covers its tile, so a tall tile needs a wider picture than itself.
      const width = Math.max(clientWidth, (clientHeight * 16) / 9) * devicePixelRatio;
      viewer.shows(user, place, inView ? Math.round(width) : 0);
    };
    const sizes = new ResizeObserver(say);
    const views = new IntersectionObserver(([entry]) => {
      inView = entry?.isIntersecting ?? true;
      say();
    });
    sizes.observe(element);
    views.observe(element);
    say();
    return () => {
      sizes.disconnect();
      views.disconnect();
      viewer.shows(user, place, 0);
    };
  }, [user, self, cameraOn, viewer]);
}

/** Who left is not expected back; who is only away is. */
function absence(face: Face): string | null {
  if (face.gone) return t("class.gone");
  return face.away ? t("class.comingBack") : null;
}

/** The name with every state that is also drawn. */
export function describe(face: Face): string {
  const states = [
    face.self ? t("class.you", { name: face.name }) : face.name,
    face.speaking && t("class.stateSpeaking"),
    face.muted && t("class.stateMuted"),
    !face.cameraOn && t("class.stateCameraOff"),
    face.hand > 0 && t("class.stateHand", { place: face.hand }),
    absence(face),
    face.paused && t("class.soundOnly"),
  ];
  return states.filter((state) => typeof state === "string").join(t("class.listSeparator"));
}
