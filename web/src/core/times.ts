/** Between the times of the wire and the date and time fields of the reader's zone; pure. */

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `2026-11-20` in the reader's zone. */
export function dayField(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `10:05` in the reader's zone. */
export function timeField(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The moment that the two fields mean, or null while they mean none. */
export function momentOf(day: string, time: string): Date | null {
  const moment = new Date(`${day}T${time}`);
  return day && time && !Number.isNaN(moment.getTime()) ? moment : null;
}

/** The next full hour. */
export function nextHour(now: number): Date {
  const hour = new Date(now);
  hour.setHours(hour.getHours() + 1, 0, 0, 0);
  return hour;
}

/** From and to on one day; a class that ends before it starts ends on the next day. */
export function span(day: string, from: string, to: string): readonly [Date, Date] | null {
  const start = momentOf(day, from);
  const end = momentOf(day, to);
  if (!start || !end || start.getTime() === end.getTime()) return null;
  if (end < start) end.setDate(end.getDate() + 1);
  return [start, end];
}
