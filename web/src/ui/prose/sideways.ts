/** A part that is wider than its place: it scrolls by itself, and then by the keyboard, too. */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

export function useSideways(place: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = () => {
      if (element.scrollWidth > element.clientWidth + 1) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    };
    const watch = new ResizeObserver(look);
    watch.observe(element);
    for (const child of element.children) watch.observe(child);
    return () => watch.disconnect();
  });
}
