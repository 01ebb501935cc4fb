/** Tiles to places: how many columns and rows, who sits where, and when a new order is worth the jump. */

export const GAP_PX = 8;
export const MIN_TILE_MOUSE_PX = 144;
export const MIN_TILE_TOUCH_PX = 156;
const WIDE = 16 / 9;
const TALLER = 4 / 3;
/** Above this many people 4:3 tiles fill a wide box better and faces stay large. */
const WIDE_UP_TO = 16;
const WORTH_A_JUMP = 1.08;

export interface Box {
  width: number;
  height: number;
}

export interface Arrangement {
  columns: number;
  rows: number;
  tileWidth: number;
  ratio: number;
  perPage: number;
  pages: number;
}

export function arrange(count: number, box: Box, minTile: number, gap = GAP_PX): Arrangement {
  const n = Math.max(1, count);
  const ratio = n > WIDE_UP_TO && box.width > box.height ? TALLER : WIDE;
  const best = largest(n, box, ratio, gap);
  if (best.tileWidth >= Math.min(minTile, box.width)) return { ...best, ratio, perPage: best.columns * best.rows, pages: 1 };
  const columns = Math.max(1, Math.floor((box.width + gap) / (minTile + gap)));
  const rows = Math.max(1, Math.floor((box.height + gap) / (minTile / ratio + gap)));
  const perPage = columns * rows;
  const tileWidth = widthOf(columns, rows, box, ratio, gap);
  return { columns, rows, tileWidth, ratio, perPage, pages: Math.ceil(n / perPage) };
}

function largest(n: number, box: Box, ratio: number, gap: number) {
  let best = { tileWidth: -1, columns: 1, rows: n };
  for (let columns = 1; columns <= n; columns += 1) {
    const rows = Math.ceil(n / columns);
    const tileWidth = widthOf(columns, rows, box, ratio, gap);
    if (tileWidth > best.tileWidth + 0.5) best = { tileWidth, columns, rows };
  }
  return best;
}

function widthOf(columns: number, rows: number, box: Box, ratio: number, gap: number): number {
  return Math.min((box.width - (columns - 1) * gap) / columns, ((box.height - (rows - 1) * gap) / rows) * ratio);
}

/** A new arrangement is taken only if tiles no longer fit, or would grow by 8 % or more. */
export function worthTaking(now: Arrangement, next: Arrangement, count: number, box: Box, gap = GAP_PX): boolean {
  if (now.columns * now.rows * now.pages < count || next.pages !== now.pages) return true;
  if (next.ratio !== now.ratio) return next.tileWidth !== now.tileWidth;
  return next.tileWidth >= widthOf(now.columns, now.rows, box, now.ratio, gap) * WORTH_A_JUMP;
}

export interface Seat {
  user: string;
  /** When the one who sat here left; the seat is kept for 10 s. */
  leftAtMs: number | null;
}

export const SEAT_KEPT_MS = 10_000;

/** Seats are given on arrival and kept; a seat that stays empty is filled by the last one. */
export function reseat(seats: readonly Seat[], present: readonly string[], nowMs: number): Seat[] {
  const here = new Set(present);
  const next: Seat[] = [];
  for (const seat of seats) {
    if (here.delete(seat.user)) next.push(seat.leftAtMs === null ? seat : { user: seat.user, leftAtMs: null });
    else next.push(seat.leftAtMs === null ? { ...seat, leftAtMs: nowMs } : seat);
  }
  for (const user of present) if (here.has(user)) next.push({ user, leftAtMs: null });
  return fillHoles(next, nowMs);
}

function fillHoles(seats: Seat[], nowMs: number): Seat[] {
  const gone = (seat: Seat | undefined) => seat?.leftAtMs != null && nowMs - seat.leftAtMs >= SEAT_KEPT_MS;
  for (let place = 0; place < seats.length; ) {
    if (!gone(seats[place])) {
      place += 1;
      continue;
    }
    const last = seats.pop();
    if (last && place < seats.length) seats[place] = last;
  }
  return seats;
}

/**
 * With pages, a speaker from another page takes the seat of the one on this page who has been silent longest.
 * The first seat is the teacher's and is not given away.
 */
export function bringIn(
  seats: readonly Seat[],
  speaker: string,
  page: { from: number; to: number },
  spokeAtMs: ReadonlyMap<string, number>,
): Seat[] | null {
  const at = seats.findIndex((seat) => seat.user === speaker);
  if (at < 0 || (at >= page.from && at < page.to)) return null;
  const silence = (place: number) => spokeAtMs.get(seats[place]?.user ?? "") ?? Number.NEGATIVE_INFINITY;
  let quietest = -1;
  for (let place = Math.max(1, page.from); place < Math.min(page.to, seats.length); place += 1) {
    if (quietest < 0 || silence(place) < silence(quietest)) quietest = place;
  }
  const [given, taken] = [seats[quietest], seats[at]];
  if (!given || !taken) return null;
  return seats.map((seat, place) => (place === quietest ? taken : place === at ? given : seat));
}

/** When the next kept seat runs out, so that a timer may be set; null when none is kept. */
export function nextExpiryMs(seats: readonly Seat[]): number | null {
  const left = seats.flatMap((seat) => (seat.leftAtMs === null ? [] : [seat.leftAtMs + SEAT_KEPT_MS]));
  return left.length > 0 ? Math.min(...left) : null;
}

/** The few who sit beside a stage: who speaks, then teachers, then hands in order, then the rest. */
export function strip(
  people: readonly { user: string; role: string }[],
  speakers: readonly string[],
  hands: readonly { user: string }[],
  places: number,
): string[] {
  const order = [
    ...speakers,
    ...people.filter((person) => person.role === "teacher").map((person) => person.user),
    ...hands.map((hand) => hand.user),
    ...people.map((person) => person.user),
  ];
  const here = new Set(people.map((person) => person.user));
  return [...new Set(order)].filter((user) => here.has(user)).slice(0, places);
}

/** The strip without jumps: who already sits in it keeps the place, newcomers take the places of those who fell out. */
export function steadyStrip(before: readonly string[], wanted: readonly string[]): string[] {
  const missing = wanted.filter((user) => !before.includes(user));
  const kept = before.map((user) => (wanted.includes(user) ? user : (missing.shift() ?? null)));
  return [...kept.filter((user) => user !== null), ...missing].slice(0, wanted.length);
}
