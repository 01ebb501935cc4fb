/** Finds out who is here and in which language, and mounts the pages. */
import { render } from "preact";
import { mayHold, mayHoldAny } from "./core/held";
import { follow } from "./core/location";
import { followOtherTabs, me, session } from "./core/session";
import { speak, wantedLocale } from "./i18n";
import { Pages } from "./pages/routes";
import { say } from "./pages/words";
import { Trouble } from "./ui/states";
import { Toasts } from "./ui/toast";
import "./ui/theme.css";

const page = document.getElementById("page");

function Site() {
  return (
    <>
      <Pages />
      <Toasts />
    </>
  );
}

/** For this long an exam, or a lesson, waits for the school before it goes on with what this browser has. */
const PATIENCE_MS = 2_500;
const LESSON = /^\/courses\/[^/]+\/practice$/;

function mayStandIn(): boolean {
  if (location.pathname.startsWith("/exams/")) return mayHold("exams");
  return LESSON.test(location.pathname) && mayHold("practice");
}

/** What this browser holds goes on though the school does not say who is here. */
async function standIn(restoring: Promise<unknown>): Promise<boolean> {
  if (!mayStandIn()) return false;
  const patience = new Promise<"late">((done) => setTimeout(() => done("late"), PATIENCE_MS));
  if ((await Promise.race([restoring, patience])) === null) return false;
  const owner = await (await import("./core/leftovers")).ownerOf(location.pathname);
  if (owner && !me.value) session.standIn(owner);
  return owner !== null;
}

async function start(root: HTMLElement): Promise<void> {
  const restoring = session.restore().then(
    () => null,
    (error: unknown) => error,
  );
  await speak(wantedLocale());
  const error = (await standIn(restoring)) ? null : await restoring;
  if (error === null && me.value && mayHoldAny()) void import("./core/leftovers").then(({ sendLeft }) => sendLeft(location.pathname));
  if (error === null) render(<Site />, root);
  else render(<Trouble says={say(error)} onRetry={() => void start(root)} />, root);
}

if (page) {
  follow();
  followOtherTabs();
  void start(page);
}
