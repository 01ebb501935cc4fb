/** Brings the pictures of a paper into this browser, where neither a lost link nor an old address takes them away. */
import type { Signal } from "@preact/signals";
import type { Held, Journal } from "../../core/journal";

type Addresses = Readonly<Record<string, string>>;

async function fetched(address: string): Promise<Blob | null> {
  try {
    const response = await fetch(address);
    return response.ok ? await response.blob() : null;
  } catch {
    // The address itself may still serve the page, now or when the link is back.
    return null;
  }
}

/** `into` begins with the addresses that the school gave, and ends with those of this browser. */
export async function bringPictures<Thing extends Held>(paper: string, into: Signal<Addresses>, journal: Journal<Thing>): Promise<void> {
  const known = await journal.pictures(paper);
  const bring = async ([id, address]: readonly [string, string]) => {
    const bytes = known.get(id) ?? (await fetched(address));
    if (!bytes) return;
    if (!known.has(id)) await journal.keepPicture(paper, id, bytes);
    into.value = { ...into.value, [id]: URL.createObjectURL(bytes) };
  };
  await Promise.all(Object.entries(into.value).map(bring));
}
