/** After the exam: what was handed in, when, and by whom; to keep or to print. */
import { useEffect, useRef } from "preact/hooks";
import { exams } from "../../core/exams";
import { me } from "../../core/session";
import { t } from "../../i18n";
import type { AttemptView, Receipt } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { useLoading } from "../loading";
import "./start.css";

interface Props {
  readonly of: Receipt;
  readonly title?: string;
  readonly assessmentId: string;
  readonly released: boolean;
}

export function ReceiptPaper({ of, title, assessmentId, released }: Props) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  return (
    <main class="receipt" id="main" tabIndex={-1} data-testid="exam-receipt">
      <div class="paper">
        <div class="done">
          <Icon name="ok" class="l" />
          <h1 ref={head} tabIndex={-1}>
            {t("exam.handedIn")}
          </h1>
        </div>
        <p data-testid="exam-receipt-of">
          {title && <bdi class="b wrapany">{title}</bdi>}
          <br />
          <bdi class="wrapany">{me.value?.user.name}</bdi>
        </p>
        <p class="mut">{t(`exam.by_${of.submitted_by}`)}</p>
        <dl class="facts">
          <div>
            <dt>{t("exam.factHandedIn")}</dt>
            <dd>{t("exam.momentExact", { day: of.submitted_at, time: of.submitted_at })}</dd>
          </div>
          <div>
            <dt>{t("exam.factAnswered")}</dt>
            <dd data-testid="exam-receipt-answered">{t("exam.answeredOf", { answered: of.answered, asked: of.asked })}</dd>
          </div>
        </dl>
        {of.late && <p class="banner warn round">{t("exam.receiptLate")}</p>}
        <div>
          <p class="sm mut">{t("exam.receiptCode")}</p>
          <p class="code" dir="ltr" data-testid="exam-receipt-code">
            {of.receipt}
          </p>
        </div>
      </div>
      <div class="row w acts">
        {released && (
          <ButtonLink look="primary" href={`/exams/${assessmentId}/attempts/${of.attempt_id}/result`}>
            {t("exam.result")}
          </ButtonLink>
        )}
        <ButtonLink look={released ? "plain" : "primary"} href={`/exams/${assessmentId}`}>
          {t("exam.toStart")}
        </ButtonLink>
        <Button onClick={() => print()}>{t("exam.print")}</Button>
      </div>
    </main>
  );
}

/** It goes on nowhere: withdrawn, or not this person's. */
export function Gone({ assessmentId }: { readonly assessmentId: string }) {
  return (
    <main class="wrap narrow" id="main" tabIndex={-1}>
      <Empty icon="no" title={t("exam.goneTitle")}>
        <p>{t("exam.goneText")}</p>
        <ButtonLink href={`/exams/${assessmentId}`}>{t("exam.toStart")}</ButtonLink>
      </Empty>
    </main>
  );
}

/** An attempt that was over when the page came: the receipt is shown at once, its title as soon as it is known. */
export function Over({ view, assessmentId }: { readonly view: AttemptView; readonly assessmentId: string }) {
  const { now } = useLoading((signal) => exams.mine(assessmentId, null, signal), [assessmentId]);
  if (!view.receipt) return <Gone assessmentId={assessmentId} />;
  return <ReceiptPaper of={view.receipt} {...(now.is === "ready" && { title: now.value.title })} assessmentId={assessmentId} released={view.released} />;
}
