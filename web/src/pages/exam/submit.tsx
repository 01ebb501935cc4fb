/** Handing in: what is unanswered is named first, and nothing is handed in before all of it is saved. */
import type { ExamAttempt } from "../../core/attempt";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { isAnswered } from "../../ui/question";
import { say } from "../words";

interface Props {
  readonly attempt: ExamAttempt;
  readonly onClose: () => void;
}

function Places({ of, attempt, onClose }: Props & { readonly of: readonly number[] }) {
  return (
    <ul class="places">
      {of.map((place) => (
        <li key={place}>
          <Button
            size="s"
            aria-label={t("exam.toQuestion", { number: place + 1 })}
            onClick={() => {
              attempt.turnTo(place);
              onClose();
            }}
          >
            {t("common.number", { value: place + 1 })}
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Under({ attempt, onClose }: Props) {
  const waiting = attempt.waiting.value.size;
  const isAway = attempt.link.value !== "live";
  return (
    <Dialog title={t("exam.handingIn")} onClose={() => attempt.keepWorking()}>
      <p role="status" data-testid="exam-handing-in">
        {waiting > 0 ? t("exam.handingInWaits", { count: waiting }) : t("exam.handingInText")}
      </p>
      {isAway && <p class="banner warn round">{t("exam.handingInOffline")}</p>}
      <div class="acts">
        <Button
          onClick={() => {
            attempt.keepWorking();
            onClose();
          }}
        >
          {t("exam.keepWorking")}
        </Button>
        <Button look="primary" busy>
          {t("exam.handIn")}
        </Button>
      </div>
    </Dialog>
  );
}

export function HandIn({ attempt, onClose }: Props) {
  if (attempt.phase.value === "submitting") return <Under attempt={attempt} onClose={onClose} />;
  const { items } = attempt.paper.value;
  const places = items.map((_, place) => place);
  const open = places.filter((place) => {
    const item = items[place];
    return item && !isAnswered(item.kind, attempt.answers.value[item.id]);
  });
  const flagged = places.filter((place) => attempt.flags.value.includes(items[place]?.id ?? ""));
  return (
    <Dialog title={t("exam.handInTitle")} onClose={onClose}>
      <div class="col" data-testid="exam-hand-in-dialog">
        {open.length === 0 ? (
          <p class="row c-ok">
            <Icon name="ok" />
            {t("exam.allAnswered", { count: items.length })}
          </p>
        ) : (
          <>
            <p>{t("exam.unanswered", { count: open.length })}</p>
            <Places of={open} attempt={attempt} onClose={onClose} />
          </>
        )}
        {flagged.length > 0 && (
          <>
            <p>{t("exam.flaggedStill", { count: flagged.length })}</p>
            <Places of={flagged} attempt={attempt} onClose={onClose} />
          </>
        )}
        <p class="mut">{t("exam.handInText")}</p>
        {attempt.trouble.value !== null && (
          <p class="err" role="alert">
            <Icon name="alert" class="s" />
            {say(attempt.trouble.value)}
          </p>
        )}
      </div>
      <div class="acts">
        <Button onClick={onClose} autofocus>
          {t("exam.keepWorking")}
        </Button>
        <Button look="primary" onClick={() => void attempt.submit()} data-testid="exam-hand-in-yes">
          {t("exam.handIn")}
        </Button>
      </div>
    </Dialog>
  );
}
