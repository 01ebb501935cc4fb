/** One staged item on the desk: as learners would see it with its key, what was checked, and its source beside it. */
import { useRef, useState } from "preact/hooks";
import { reviews } from "../../core/factory";
import { Refused } from "../../core/errors";
import { go } from "../../core/location";
import { t } from "../../i18n";
import type { Review, ReviewBody, Reviewed } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Question } from "../../ui/question";
import { toast } from "../../ui/toast";
import { languageSaid, say } from "../words";
import { First } from "./diff";
import { Gates } from "./gates";
import { Help } from "./help";
import { useKeys } from "./keys";
import { Reject } from "./reject";
import { riskOf } from "./risk";
import { rightValue } from "./right";
import { Source } from "./source";

export interface DeskProps {
  readonly review: Review;
  readonly onDecided: (done: Reviewed) => void;
  /** Somebody has changed or decided it meanwhile. */
  readonly onStale: () => void;
}

const TOOK_MAX_MS = 86_400_000;
/** Of an item that somebody else has decided or changed meanwhile. */
const STALE: ReadonlySet<number> = new Set([404, 409, 412]);

/** Sends one decision; where it comes too late the newest is fetched. */
export function useDeciding({ review, onDecided, onStale }: DeskProps) {
  const since = useRef(performance.now());
  return async (body: Pick<ReviewBody, "decision" | "reasons" | "note" | "edit">) => {
    const took = Math.min(Math.round(performance.now() - since.current), TOOK_MAX_MS);
    try {
      onDecided(await reviews.decide(review.line.id, { ...body, version: review.version, took_ms: took }));
    } catch (error) {
      if (error instanceof Refused && STALE.has(error.status)) onStale();
      throw error;
    }
  };
}

export function Desk({ onStep, ...props }: DeskProps & { readonly onStep: (by: 1 | -1) => void }) {
  const { review } = props;
  const { line } = review;
  const [asks, ask] = useState<"reject" | "help" | null>(null);
  const decide = useDeciding(props);
  const [busy, setBusy] = useState(false);
  const tried = async (body: Parameters<typeof decide>[0]) => {
    if (busy) return;
    setBusy(true);
    await decide(body).catch((error: unknown) => toast(say(error)));
    setBusy(false);
  };
  const accept = () => void tried({ decision: "accept" });
  const edit = () => go(`/reviews?item=${line.id}&edit=1`);
  useKeys({ a: accept, e: edit, r: () => ask("reject"), j: () => onStep(1), k: () => onStep(-1), "?": () => ask("help") });
  const risk = riskOf(line.risk);
  return (
    <>
      <section class="review-work stack" aria-label={line.title}>
        <div class="row w">
          <span class={risk.badge}>{t(risk.word)}</span>
          {line.second && <span class="badge">{t("factory.second")}</span>}
          <span class="sp" />
          <span class="sm mut">
            {[line.course, line.skill, t("factory.level", { level: line.level }), languageSaid(line.language)].join(" · ")}
          </span>
        </div>
        <h2 class="wrapany">
          <bdi>{line.title}</bdi>
        </h2>
        <div dir={line.language.startsWith("ar") ? "rtl" : "auto"} lang={line.language}>
          <Question
            kind={line.kind}
            content={review.content}
            pictures={review.pictures}
            value={rightValue(line.kind, review.key)}
            review={{ key: review.key, correct: null }}
            name={`review-${line.id}`}
          />
        </div>
        {review.first && <First of={review} look={review.first} />}
        <Gates of={review} />
      </section>
      <Source of={review} />
      <div class="review-keys" role="toolbar" aria-label={t("factory.decide")}>
        <Button look="primary" busy={busy} onClick={accept}>
          {t("factory.accept")} <kbd class="kbd dk">A</kbd>
        </Button>
        <Button onClick={edit}>
          {t("factory.edit")} <kbd class="kbd dk">E</kbd>
        </Button>
        <Button look="danger-outline" onClick={() => ask("reject")}>
          {t("factory.reject")} <kbd class="kbd dk">R</kbd>
        </Button>
        <span class="sp dk" />
        <Button size="s" look="ghost" onClick={() => onStep(-1)}>
          {t("factory.back")} <kbd class="kbd dk">K</kbd>
        </Button>
        <Button size="s" look="ghost" onClick={() => onStep(1)}>
          {t("factory.next")} <kbd class="kbd dk">J</kbd>
        </Button>
        <Button size="s" look="ghost" onClick={() => ask("help")}>
          {t("class.keys")} <kbd class="kbd dk">?</kbd>
        </Button>
      </div>
      {asks === "reject" && <Reject onReject={(reasons, note) => tried({ decision: "reject", reasons, note })} onClose={() => ask(null)} />}
      {asks === "help" && <Help onClose={() => ask(null)} />}
    </>
  );
}
