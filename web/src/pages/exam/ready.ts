/** Has everything here that an exam needs before its link can drop: the worker, the page, the maths. */
import { prepareProse } from "../../ui/prose";

const SCOPE = "/exams/";

async function register(): Promise<void> {
  // The pages of a developer's server change by the second; there is no worker for them.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/exam-worker.js", { scope: SCOPE });
}

export async function makeReady(): Promise<void> {
  // Each of them makes the exam better; none of them may stop it.
  await Promise.allSettled([register(), prepareProse(), import("./sitting")]);
}
