/** Fetches what a page shows, and shows that it waits, that it failed, or what came. */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Trouble, Waiting } from "../ui/states";
import { referenceOf, say } from "./words";

export type Loaded<T> =
  | { readonly is: "waiting" }
  | { readonly is: "ready"; readonly value: T }
  | { readonly is: "failed"; readonly error: unknown };

export interface Loading<T> {
  readonly now: Loaded<T>;
  /** Fetches again and keeps what is shown until the new one came. */
  readonly again: () => void;
  /** Puts what the server just answered in place of what was fetched. */
  readonly put: (change: (value: T) => T) => void;
}

export function useLoading<T>(load: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[]): Loading<T> {
  const [now, setNow] = useState<Loaded<T>>({ is: "waiting" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) setNow({ is: "ready", value });
      },
      (error: unknown) => {
        // What is on the page stays there when only a repeat failed.
        if (!stop.signal.aborted) setNow((old) => (old.is === "ready" ? old : { is: "failed", error }));
      },
    );
    return () => stop.abort();
    // The load itself is new at each drawing; its keys say when it differs.
  }, [...keys, turn]);
  const again = useCallback(() => setTurn((old) => old + 1), []);
  const put = useCallback(
    (change: (value: T) => T) => setNow((old) => (old.is === "ready" ? { is: "ready", value: change(old.value) } : old)),
    [],
  );
  return { now, again, put };
}

/** Again each so often while somebody looks, and when they come back to the tab. */
export function useRepeating(again: () => void, everyMs: number): void {
  useEffect(() => {
    const whileSeen = () => {
      if (document.visibilityState === "visible") again();
    };
    const timer = setInterval(whileSeen, everyMs);
    document.addEventListener("visibilitychange", whileSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", whileSeen);
    };
  }, [again, everyMs]);
}

interface ReadyProps<T> {
  readonly of: Loading<T>;
  readonly lines?: number;
  readonly children: (value: T) => ComponentChildren;
}

export function Ready<T>({ of: { now, again }, lines = 4, children }: ReadyProps<T>) {
  if (now.is === "ready") return <>{children(now.value)}</>;
  if (now.is === "waiting") return <Waiting lines={lines} />;
  return <Trouble says={say(now.error)} reference={referenceOf(now.error)} onRetry={again} />;
}
