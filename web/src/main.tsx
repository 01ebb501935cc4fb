/** Finds out who is here and in which language, and mounts the pages. */
import { render } from "preact";
import { follow } from "./core/location";
import { followOtherTabs, session } from "./core/session";
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

async function start(root: HTMLElement): Promise<void> {
  const restoring = session.restore().then(
    () => null,
    (error: unknown) => error,
  );
  await speak(wantedLocale());
  const error = await restoring;
  if (error === null) render(<Site />, root);
  else render(<Trouble says={say(error)} onRetry={() => void start(root)} />, root);
}

if (page) {
  follow();
  followOtherTabs();
  void start(page);
}
