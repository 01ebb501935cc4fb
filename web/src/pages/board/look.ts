/** Looks at the board again and again while somebody sees it, and knows how old the picture is. */
import { useEffect, useRef, useState } from "preact/hooks";
import { assessments } from "../../core/teaching";
import type { Board } from "../../protocol/api";
import { ageMs, nextLookMs } from "./rows";

const EVERY_MS = 2_000;
const TICK_MS = 1_000;

export interface Look {
  readonly board: Board | null;
  readonly error: unknown;
  /** Now, by the server's clock. */
  readonly nowMs: number;
  /** How old what is shown is: the server's copy and the way here. */
  readonly ageMs: number;
  readonly again: () => void;
}

export function useBoard(assessmentId: string): Look {
  const [seen, setSeen] = useState<{ readonly board: Board; readonly offsetMs: number } | null>(null);
  const [error, setError] = useState<unknown>();
  const [, tick] = useState(0);
  const [turn, setTurn] = useState(0);
  const failures = useRef(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      clearTimeout(timer);
      if (document.visibilityState === "hidden") return;
      try {
        const board = await assessments.board(assessmentId, stop.signal);
        if (stop.signal.aborted) return;
        failures.current = 0;
        setSeen({ board, offsetMs: Date.parse(board.server_time) - Date.now() });
        setError(undefined);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        failures.current += 1;
        setError(thrown);
      }
      clearTimeout(timer);
      timer = setTimeout(() => void look(), nextLookMs(EVERY_MS * Math.min(8, 2 ** failures.current), Math.random));
    };
    const shown = () => {
      if (document.visibilityState === "visible") void look();
      else clearTimeout(timer);
    };
    void look();
    document.addEventListener("visibilitychange", shown);
    addEventListener("online", shown);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
      removeEventListener("online", shown);
    };
  }, [assessmentId, turn]);
  useEffect(() => {
    const clock = setInterval(() => tick((old) => old + 1), TICK_MS);
    return () => clearInterval(clock);
  }, []);
  const nowMs = Date.now() + (seen?.offsetMs ?? 0);
  const way = seen ? (ageMs(seen.board.server_time, nowMs) ?? 0) : 0;
  return { board: seen?.board ?? null, error, nowMs, ageMs: way + (seen?.board.lag_ms ?? 0), again: () => setTurn((old) => old + 1) };
}
