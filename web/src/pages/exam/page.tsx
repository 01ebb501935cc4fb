/** One attempt of mine: the exam while it is open, the receipt when it is over. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Trouble, Waiting } from "../../ui/states";
import { useTitle } from "../frame";
import { referenceOf, say } from "../words";
import { openAttempt, type Opened } from "./open";
import { makeReady } from "./ready";
import { Over } from "./receipt";
import { Sitting } from "./sitting";

type Props = { readonly assessmentId: string; readonly attemptId: string };

export function AttemptPage({ assessmentId, attemptId }: Props) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useTitle(t("exam.exam"));
  useEffect(() => {
    let wanted = true;
    let mine: Opened | null = null;
    void makeReady();
    openAttempt(assessmentId, attemptId).then(
      (found) => {
        mine = found;
        if (wanted) setOpened(found);
        else if (found.is === "sitting") found.attempt.close();
      },
      (thrown: unknown) => wanted && setError(thrown),
    );
    return () => {
      wanted = false;
      if (mine?.is === "sitting") mine.attempt.close();
    };
  }, [assessmentId, attemptId, turn]);
  const again = () => {
    setError(null);
    setTurn(turn + 1);
  };
  if (error !== null)
    return (
      <main class="wrap narrow" id="main" tabIndex={-1}>
        <Trouble says={say(error)} reference={referenceOf(error)} onRetry={again} />
      </main>
    );
  if (!opened)
    return (
      <main class="wrap narrow" id="main" tabIndex={-1}>
        <Waiting lines={6} />
      </main>
    );
  return opened.is === "sitting" ? <Sitting attempt={opened.attempt} /> : <Over assessmentId={assessmentId} view={opened.view} />;
}
