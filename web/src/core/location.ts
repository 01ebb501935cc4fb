/** Where this tab is, by the History API. */
import { signal } from "@preact/signals";

/** The address without its origin: path and query. */
export const address = signal("/");

function here(): string {
  return location.pathname + location.search;
}

export function go(to: string, { replace = false } = {}): void {
  if (to === here()) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  address.value = here();
  scrollTo(0, 0);
}

/** A link of this site that the browser would open in this very tab. */
function linkOf(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = link?.href && !link.target && !link.hasAttribute("download") && link.origin === location.origin;
  return plain && !link.hash ? link : null;
}

/** Follows links without a reload, and the browser's own back and forward. */
export function follow(): void {
  address.value = here();
  addEventListener("popstate", () => {
    address.value = here();
  });
  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (!link) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
