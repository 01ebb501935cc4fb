/** The wall of tiles: as large as they fit, in seats that do not jump. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import {
  arrange,
  bringIn,
  MIN_TILE_MOUSE_PX,
  MIN_TILE_TOUCH_PX,
  nextExpiryMs,
  reseat,
  worthTaking,
  type Arrangement,
  type Box,
  type Seat,
} from "../media/layout";
import { Icon } from "./icon";
import { Tile, type Face, type Viewer } from "./tile";
import "./grid.css";

const SETTLE_MS = 400;
const SWIPE_PX = 48;
const BRING_EVERY_MS = 3000;

interface Props {
  /** Who is here, in the order of their first seats. */
  present: readonly string[];
  /** What their tile shows; also of those who left a moment ago. */
  face: (user: string) => Face;
  viewer: Viewer;
  nowMs: () => number;
  speakers: readonly string[];
  onOpen?: ((user: string) => void) | undefined;
}

export function Grid({ present, face, viewer, nowMs, speakers, onOpen }: Props) {
  const room = useRef<HTMLDivElement>(null);
  const { seats, seat } = useSeats(present, nowMs);
  const layout = useArrangement(room, seats.length);
  const [page, setPage] = useState(0);
  const pages = layout?.pages ?? 1;
  const here = Math.min(page, pages - 1);
  const perPage = layout?.perPage ?? 0;
  const shown = seats.slice(here * perPage, (here + 1) * perPage);
  const turn = (by: number) => setPage(Math.max(0, Math.min(pages - 1, here + by)));
  const swipe = useSwipe(turn);
  useSpeakers(speakers, nowMs, (spokeAtMs) => {
    const range = { from: here * perPage, to: (here + 1) * perPage };
    const brought = pages > 1 && speakers[0] !== undefined ? bringIn(seats, speakers[0], range, spokeAtMs) : null;
    if (brought) seat(brought);
    return brought !== null;
  });
  return (
    <>
      <div
        ref={room}
        class={`gridbox${layout && layout.tileWidth < 100 ? " below" : ""}`}
        {...swipe}
      >
        {layout && (
          <div
            class="tiles"
            role="group"
            aria-label={t("class.people")}
            style={{ "--c": String(layout.columns), "--r": String(layout.rows), "--tile-ratio": String(layout.ratio) }}
            onKeyDown={(event) => walk(event, layout.columns)}
          >
            {shown.map(({ user, leftAtMs }) => (
              <Tile
                key={user}
                face={{ ...face(user), gone: leftAtMs !== null }}
                viewer={viewer}
                onOpen={onOpen && (() => onOpen(user))}
              />
            ))}
          </div>
        )}
      </div>
      {pages > 1 && (
        <nav class="pager" aria-label={t("class.pages")}>
          <button class="ib s" disabled={here === 0} aria-label={t("class.pageBack")} onClick={() => turn(-1)}>
            <Icon name="left" class="mir" />
          </button>
          <span class="num xs mut" aria-live="polite">
            {t("class.pageOf", { from: here * perPage + 1, to: here * perPage + shown.length, all: seats.length })}
          </span>
          <button class="ib s" disabled={here === pages - 1} aria-label={t("class.pageNext")} onClick={() => turn(1)}>
            <Icon name="right" class="mir" />
          </button>
        </nav>
      )}
    </>
  );
}

function useSeats(present: readonly string[], nowMs: () => number) {
  const seats = useRef<Seat[]>([]);
  const [, look] = useState(0);
  seats.current = reseat(seats.current, present, nowMs());
  const expiry = nextExpiryMs(seats.current);
  useEffect(() => {
    if (expiry === null) return undefined;
    const timer = setTimeout(() => look((n) => n + 1), Math.max(0, expiry - nowMs()) + 20);
    return () => clearTimeout(timer);
  }, [expiry]);
  const seat = (next: Seat[]) => {
    seats.current = next;
    look((n) => n + 1);
  };
  return { seats: seats.current as readonly Seat[], seat };
}

/** Remember who spoke when; `bring` is tried at most once in three seconds. */
function useSpeakers(
  speakers: readonly string[],
  nowMs: () => number,
  bring: (spokeAtMs: ReadonlyMap<string, number>) => boolean,
): void {
  const spokeAtMs = useRef(new Map<string, number>());
  const broughtAtMs = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const now = nowMs();
    for (const user of speakers) spokeAtMs.current.set(user, now);
    if (now - broughtAtMs.current >= BRING_EVERY_MS && bring(spokeAtMs.current)) broughtAtMs.current = now;
  }, [speakers]);
}

/** The arrangement for this box; a change that is not forced waits until 400 ms after the last one. */
function useArrangement(room: { current: HTMLDivElement | null }, count: number): Arrangement | null {
  const [layout, setLayout] = useState<Arrangement | null>(null);
  const [box, setBox] = useState<Box | null>(null);
  useLayoutEffect(() => {
    const element = room.current;
    if (!element) return undefined;
    const measure = () => setBox({ width: element.clientWidth, height: element.clientHeight });
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    measure();
    return () => sizes.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!box || box.width === 0 || box.height === 0) return undefined;
    const touch = matchMedia("(pointer: coarse)").matches;
    const next = arrange(count, box, touch ? MIN_TILE_TOUCH_PX : MIN_TILE_MOUSE_PX);
    if (layout && !worthTaking(layout, next, count, box)) return undefined;
    if (!layout || layout.columns * layout.rows * layout.pages < count) {
      setLayout(next);
      return undefined;
    }
    const timer = setTimeout(() => setLayout(next), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [box?.width, box?.height, count]);
  return layout;
}

/** Arrow keys walk the tiles as they stand. */
function walk(event: KeyboardEvent, columns: number): void {
  const tiles = [...(event.currentTarget as HTMLElement).children] as HTMLElement[];
  const at = tiles.indexOf(document.activeElement as HTMLElement);
  const ahead = getComputedStyle(event.currentTarget as HTMLElement).direction === "rtl" ? -1 : 1;
  const steps: Record<string, number> = { ArrowRight: ahead, ArrowLeft: -ahead, ArrowDown: columns, ArrowUp: -columns };
  const step = steps[event.key];
  if (at < 0 || step === undefined) return;
  event.preventDefault();
  tiles[at + step]?.focus();
}

function useSwipe(turn: (by: number) => void) {
  const from = useRef<number | null>(null);
  return {
    onTouchStart: (event: TouchEvent) => {
      from.current = event.touches[0]?.clientX ?? null;
    },
    onTouchEnd: (event: TouchEvent) => {
      const to = event.changedTouches[0]?.clientX;
      if (from.current === null || to === undefined || Math.abs(to - from.current) < SWIPE_PX) return;
      const rtl = document.documentElement.dir === "rtl";
      turn(to < from.current === !rtl ? 1 : -1);
    },
  };
}
