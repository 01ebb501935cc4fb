/** A list that is fetched page by page, each after the last, anew when its keys change. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Page } from "../protocol/api";

export interface Paged<Item> {
  readonly items: readonly Item[];
  readonly cursor: string | null;
  readonly busy: boolean;
  readonly error: unknown;
}

const NOTHING = { items: [], cursor: null, busy: true, error: undefined } as const;

type Fetch<Item> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>;

export function usePages<Item>(fetchPage: Fetch<Item>, keys: readonly unknown[]) {
  const [list, setList] = useState<Paged<Item>>(NOTHING);
  const [turn, setTurn] = useState(0);
  const stop = useRef<AbortController>(new AbortController());
  const load = async (cursor: string | null, signal: AbortSignal) => {
    setList((old) => ({ ...old, busy: true, error: undefined }));
    try {
      const page = await fetchPage(cursor, signal);
      if (signal.aborted) return;
      setList((old) => ({
        items: cursor === null ? page.items : [...old.items, ...page.items],
        cursor: page.next_cursor,
        busy: false,
        error: undefined,
      }));
    } catch (error) {
      if (!signal.aborted) setList((old) => ({ ...old, busy: false, error }));
    }
  };
  useEffect(() => {
    stop.current = new AbortController();
    void load(null, stop.current.signal);
    return () => stop.current.abort();
    // The load itself is new at each drawing; its keys say when it differs.
  }, [...keys, turn]);
  const again = () => setTurn((old) => old + 1);
  const more = () => void load(list.cursor, stop.current.signal);
  return { list, more: list.items.length > 0 ? more : again, again };
}
