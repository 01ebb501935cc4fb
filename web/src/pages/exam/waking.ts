/** Tells the attempt when the link or the page comes back, and lets nothing unsaved leave with the page. */
import { useEffect } from "preact/hooks";
import type { ExamAttempt } from "../../core/attempt";

export function useWaking(attempt: ExamAttempt): void {
  useEffect(() => {
    const online = () => attempt.wake();
    const seen = () => {
      if (document.visibilityState === "visible") attempt.woke();
      else void attempt.flush();
    };
    const leaving = () => void attempt.flush();
    const asked = (event: BeforeUnloadEvent) => {
      // Only where this browser cannot keep it: elsewhere it goes out after the reload.
      if (!attempt.lasting.value && attempt.waiting.value.size > 0) event.preventDefault();
    };
    addEventListener("online", online);
    addEventListener("pagehide", leaving);
    addEventListener("beforeunload", asked);
    document.addEventListener("visibilitychange", seen);
    return () => {
      removeEventListener("online", online);
      removeEventListener("pagehide", leaving);
      removeEventListener("beforeunload", asked);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [attempt]);
}
