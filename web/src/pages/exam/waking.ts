/** Tells the attempt when the link or the page comes back, and lets nothing unsaved leave with the page. */
import { useEffect } from "preact/hooks";
import type { ExamAttempt } from "../../core/attempt";
import { lockOf } from "../../core/leftovers";

/** While this page has the exam, other pages of this browser leave its answers to it. */
function useLock(attempt: string): void {
  useEffect(() => {
    if (!("locks" in navigator)) return;
    let release = () => undefined as void;
    const held = new Promise<void>((done) => (release = done));
    void navigator.locks.request(lockOf(attempt), () => held);
    return () => release();
  }, [attempt]);
}

export function useWaking(attempt: ExamAttempt): void {
  useLock(attempt.paper.value.id);
  useEffect(() => {
    const online = () => attempt.wake();
    const seen = () => {
      if (document.visibilityState === "visible") attempt.woke();
      else void attempt.flush();
    };
    const leaving = () => attempt.leave();
    const staying = () => attempt.stay();
    const asked = (event: BeforeUnloadEvent) => {
      // Only where this browser cannot keep it: elsewhere it goes out after the reload.
      if (!attempt.lasting.value && attempt.waiting.value.size > 0) event.preventDefault();
    };
    addEventListener("online", online);
    addEventListener("pagehide", leaving);
    addEventListener("pageshow", staying);
    addEventListener("beforeunload", asked);
    document.addEventListener("visibilitychange", seen);
    return () => {
      removeEventListener("online", online);
      removeEventListener("pagehide", leaving);
      removeEventListener("pageshow", staying);
      removeEventListener("beforeunload", asked);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [attempt]);
}
