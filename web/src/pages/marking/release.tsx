/** Lets learners see their scores: asks once, says who still waits. */
import { useState } from "preact/hooks";
import { assessments } from "../../core/teaching";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { toast } from "../../ui/toast";
import { counts } from "../board/rows";
import { useLoading } from "../loading";
import { say } from "../words";

interface Props {
  readonly assessmentId: string;
  /** Attempts that are handed in, and those of them that wait for a mark. */
  readonly ready: number;
  readonly waiting: number;
  readonly onReleased: () => void;
}

/** Who sees a result can tell it to those who still answer the same questions. */
function StillIn({ assessmentId }: { readonly assessmentId: string }) {
  const { now } = useLoading((signal) => assessments.board(assessmentId, signal), [assessmentId]);
  if (now.is !== "ready") return null;
  const { started, answering, idle, lost_link: lost } = counts(now.value.rows);
  const count = started + answering + idle + lost;
  if (count === 0) return null;
  return (
    <p class="banner warn round" role="status">
      <Icon name="alert" />
      {t("marking.stillIn", { count })}
    </p>
  );
}

export function ReleaseButton({ assessmentId, ready, waiting, onReleased }: Props) {
  const [asking, setAsking] = useState(false);
  const release = async () => {
    try {
      const { released, waiting: left } = await assessments.release(assessmentId);
      toast(t("marking.released", { released, waiting: left }));
      onReleased();
    } catch (error) {
      toast(say(error));
    }
  };
  return (
    <>
      <Button icon="send" disabled={ready === 0} onClick={() => setAsking(true)}>
        {t("marking.release")}
      </Button>
      {asking && (
        <Confirm title={t("marking.releaseTitle")} action={t("marking.release")} onYes={release} onClose={() => setAsking(false)}>
          <div class="stack">
            <p>{t("marking.releaseText", { ready, waiting })}</p>
            <StillIn assessmentId={assessmentId} />
          </div>
        </Confirm>
      )}
    </>
  );
}
