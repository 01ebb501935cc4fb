/** Taking a batch back: why, and then whom it touched. */
import { useState } from "preact/hooks";
import { generation } from "../../core/factory";
import { region, t } from "../../i18n";
import type { Generation, RecalledUse } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { TextArea } from "../../ui/form";
import { toast } from "../../ui/toast";
import { Ready, useLoading, useRepeating } from "../loading";
import { say } from "../words";

const WATCH_MS = 2000;

interface RecallProps {
  readonly job: Generation;
  readonly onRecalled: () => void;
  readonly onClose: () => void;
}

export function Recall({ job, onRecalled, onClose }: RecallProps) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const recall = async () => {
    setBusy(true);
    try {
      await generation.recall(job.id, reason.trim());
      toast(t("factory.recalling"));
      onRecalled();
      onClose();
    } catch (error) {
      toast(say(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("factory.recallTitle")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void recall();
        }}
      >
        <p>{t("factory.recallText", { count: job.ingested })}</p>
        <TextArea label={t("factory.recallReason")} rows={3} maxLength={500} required dir="auto" value={reason} onValue={setReason} />
        <div class="acts">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="danger" type="submit" busy={busy} disabled={reason.trim() === ""}>
            {t("factory.recall")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What a recall did, for as long as it goes on and after. */
export function RecallNote({ jobId }: { readonly jobId: string }) {
  const loading = useLoading((signal) => generation.recalled(jobId, signal), [jobId]);
  const [shows, show] = useState(false);
  const goesOn = loading.now.is === "ready" && loading.now.value.done_at === null;
  useRepeating(() => goesOn && loading.again(), WATCH_MS);
  return (
    <Ready of={loading} lines={2}>
      {(of) => (
        <div class="banner warn round" data-testid="recall" data-done={of.done_at !== null}>
          <p>
            {t("factory.recallDid", { items: of.items, attempts: of.attempts, practices: of.practices, learners: of.learners })}{" "}
            <span class="mut" dir="auto">
              {of.reason}
            </span>
          </p>
          {of.learners > 0 && (
            <Button size="s" onClick={() => show(true)}>
              {t("factory.recallWho")}
            </Button>
          )}
          {shows && <Uses jobId={jobId} onClose={() => show(false)} />}
        </div>
      )}
    </Ready>
  );
}

function points(milli: number | null): string {
  return milli === null ? "–" : new Intl.NumberFormat(region(), { maximumFractionDigits: 2 }).format(milli / 1000);
}

function Uses({ jobId, onClose }: { readonly jobId: string; readonly onClose: () => void }) {
  const loading = useLoading((signal) => generation.uses(jobId, signal), [jobId]);
  const row = (use: RecalledUse) => (
    <tr key={`${use.source_id} ${use.user_id}`}>
      <th scope="row">
        <bdi>{use.name}</bdi>
      </th>
      <td>
        <bdi>{use.title || t(`factory.source.${use.source}`)}</bdi>
      </td>
      <td class="num">{use.source === "exam" ? t("factory.fromTo", { before: points(use.before_milli), after: points(use.after_milli) }) : "–"}</td>
    </tr>
  );
  return (
    <Dialog title={t("factory.recallWho")} onClose={onClose} wide>
      <Ready of={loading} lines={6}>
        {(uses) => (
          <div class="table-scroll" tabIndex={0} role="group" aria-label={t("factory.recallWho")}>
            <table class="tbl">
              <thead>
                <tr>
                  <th scope="col">{t("factory.learner")}</th>
                  <th scope="col">{t("factory.where")}</th>
                  <th scope="col" class="num">{t("factory.points")}</th>
                </tr>
              </thead>
              <tbody>{uses.map(row)}</tbody>
            </table>
          </div>
        )}
      </Ready>
    </Dialog>
  );
}
