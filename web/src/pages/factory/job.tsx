/** One job: how far it is, what became of its items, and what can be done about it. */
import { useState } from "preact/hooks";
import { generation } from "../../core/factory";
import { keyOr, region, t } from "../../i18n";
import type { Generation } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import { languageSaid, say } from "../words";
import { money } from "./money";
import { Recall, RecallNote } from "./recall";

const BADGES: Readonly<Record<Generation["state"], string>> = {
  queued: "badge",
  running: "badge acc",
  done: "badge ok",
  cancelled: "badge",
  failed: "badge dang",
  stopped: "badge warn",
};

function State({ job, recalled }: { readonly job: Generation; readonly recalled: boolean }) {
  if (recalled) return <span class="badge dang">{t("factory.recalled")}</span>;
  return <span class={BADGES[job.state]}>{t(`factory.state.${job.state}`)}</span>;
}

/** How many have passed of what was asked for, as a bar and in words: what is dropped is made anew. */
function Progress({ job }: { readonly job: Generation }) {
  const { wanted, made, passed, dropped } = job;
  return (
    <div class="job-progress">
      <progress max={wanted} value={Math.min(wanted, passed)} aria-label={t("factory.progressOf")} />
      <span class="sm mut">{t("factory.madeOf", { made, wanted, passed, dropped })}</span>
    </div>
  );
}

function Facts({ job, recalled }: { readonly job: Generation; readonly recalled: boolean }) {
  const dropped = Object.entries(job.dropped_by).filter(([, many]) => many > 0);
  const reviewed = job.accepted + job.rejected;
  // Of a batch that was recalled nothing waits any more.
  const waiting = recalled ? 0 : job.passed - reviewed;
  return (
    <dl class="facts sm">
      {reviewed + waiting > 0 && (
        <>
          <dt class="mut">{t("factory.reviewed")}</dt>
          <dd>
            {[
              reviewed > 0 && t("factory.reviewedOf", { accepted: job.accepted, rejected: job.rejected, ingested: job.ingested }),
              waiting > 0 && t("factory.waitingFor", { count: waiting }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </dd>
        </>
      )}
      {dropped.length > 0 && (
        <>
          <dt class="mut">{t("factory.droppedBy")}</dt>
          <dd>{dropped.map(([gate, many]) => `${t(keyOr(`factory.drop.${gate}`, "factory.drop.structure"))}: ${many}`).join(" · ")}</dd>
        </>
      )}
      {job.tier && (
        <>
          <dt class="mut">{t("factory.madeBy")}</dt>
          <dd>
            {t(`factory.tier.${job.tier}`)}
            {job.tokens > 0 && ` · ${t("factory.tokens", { count: job.tokens })} · ${t("factory.cost")} ${money(job.cost_micros)}`}
          </dd>
        </>
      )}
      {job.reason && (
        <>
          <dt class="mut">{t("factory.why")}</dt>
          <dd>{t(keyOr(`factory.because.${job.reason}`, "factory.because.other"))}</dd>
        </>
      )}
    </dl>
  );
}

export function JobCard({ job, onChanged }: { readonly job: Generation; readonly onChanged: (job: Generation) => void }) {
  const [asks, ask] = useState<"cancel" | "recall" | null>(null);
  const [recalls, setRecalls] = useState(job.recalled_at !== null);
  const runs = job.state === "queued" || job.state === "running";
  const at = new Intl.DateTimeFormat(region(), { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(job.created_at));
  const cancel = async () => {
    try {
      onChanged(await generation.cancel(job.id));
    } catch (error) {
      toast(say(error));
    }
  };
  return (
    <li class="job" data-testid="job" data-state={job.state}>
      <div class="row w">
        <b class="sp wrapany">
          <bdi>{t("factory.jobTitle", { count: job.wanted, skill: job.brief.skill })}</bdi>
        </b>
        <State job={job} recalled={recalls} />
      </div>
      <p class="sm mut">{[at, t("factory.level", { level: job.brief.level }), languageSaid(job.brief.language)].join(" · ")}</p>
      <Progress job={job} />
      <Facts job={job} recalled={recalls} />
      {recalls && <RecallNote jobId={job.id} />}
      <div class="row">
        {runs && (
          <Button size="s" onClick={() => ask("cancel")}>
            {t("factory.cancel")}
          </Button>
        )}
        {job.ingested > 0 && !recalls && (
          <Button size="s" look="danger-outline" onClick={() => ask("recall")}>
            {t("factory.recall")}
          </Button>
        )}
      </div>
      {asks === "cancel" && (
        <Confirm title={t("factory.cancelTitle")} action={t("factory.cancel")} danger onYes={cancel} onClose={() => ask(null)}>
          {t("factory.cancelText")}
        </Confirm>
      )}
      {asks === "recall" && <Recall job={job} onRecalled={() => setRecalls(true)} onClose={() => ask(null)} />}
    </li>
  );
}
