/** Tells the media what stands on the screen, and how large. */

import type { Viewer } from "../../ui/tile";
import type { Visit } from "./visit";

export class TileViewer implements Viewer {
  constructor(private readonly visit: Visit) {}

  shows(user: string, place: symbol, width: number): void {
    this.visit.call.wants.show(`${user}/camera`, place, width);
  }

  firstFrame(user: string): void {
    if (user !== this.visit.store.you.peek()) this.visit.firstFrame();
  }

  /** Follow one element that shows `track`; answers with the way to stop. */
  watch(track: string, element: HTMLElement): () => void {
    const place = Symbol(track);
    const { wants } = this.visit.call;
    const say = () => wants.show(track, place, Math.round(element.clientWidth * devicePixelRatio));
    const sizes = new ResizeObserver(say);
    sizes.observe(element);
    say();
    return () => {
      sizes.disconnect();
      wants.show(track, place, 0);
    };
  }
}
