/** Ask for what is on screen, at the size it is on screen. */

import { WANTS_MAX, type Want } from "../protocol/messages";

const SETTLE_MS = 150;

/** Widths are rounded up to this, so that a resize by a few pixels asks for nothing new. */
const WIDTH_STEP_PX = 16;

export class Wants {
  private readonly shown = new Map<string, Map<symbol, number>>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = "";
  private hidden = false;

  /** `send` answers false when there is no link to send on. */
  constructor(private readonly send: (tracks: readonly Want[]) => boolean) {}

  /** One place on the page shows this track at so many device pixels; 0 takes the place away. */
  show(track: string, place: symbol, width: number): void {
    const places = this.shown.get(track) ?? new Map<symbol, number>();
    if (width > 0) places.set(place, width);
    else places.delete(place);
    if (places.size > 0) this.shown.set(track, places);
    else this.shown.delete(track);
    this.settle();
  }

  /** A hidden tab shows nothing. */
  hide(hidden: boolean): void {
    this.hidden = hidden;
    this.settle();
  }

  /** A new receiving connection knows nothing of what was asked before, and what came of it may be lost with the link. */
  repeat(): void {
    this.last = "";
    if (this.list().length > 0) this.tell();
    else this.settle();
  }

  list(): Want[] {
    if (this.hidden) return [];
    return [...this.shown]
      .map(([track, places]) => ({ track, width: stepped(Math.max(...places.values())) }))
      .sort((a, b) => b.width - a.width || (a.track < b.track ? -1 : 1))
      .slice(0, WANTS_MAX);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), SETTLE_MS);
  }

  private tell(): void {
    clearTimeout(this.timer);
    const tracks = this.list();
    const spelled = JSON.stringify(tracks);
    if (spelled === this.last) return;
    this.last = this.send(tracks) ? spelled : "";
  }
}

function stepped(width: number): number {
  return Math.ceil(width / WIDTH_STEP_PX) * WIDTH_STEP_PX;
}
