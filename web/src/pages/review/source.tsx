/** The text that an item was made from, with the words that bear it marked, and how it came about. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import type { Review } from "../../protocol/api";

export function Source({ of }: { readonly of: Review }) {
  const mark = useRef<HTMLElement>(null);
  const { source, quote, brief } = of;
  useEffect(() => {
    mark.current?.scrollIntoView({ block: "center" });
  }, [of.line.id]);
  const [from = 0, to = 0] = quote ?? [];
  return (
    <aside class="review-source stack" aria-label={t("factory.source")} tabIndex={0}>
      <h2>{t("factory.source")}</h2>
      {source === "" ? (
        <p class="mut">{t("factory.noSource")}</p>
      ) : (
        <div class="source-text" dir="auto" lang={of.line.language}>
          {source.slice(0, from)}
          {to > from && <mark ref={mark}>{source.slice(from, to)}</mark>}
          {source.slice(to)}
        </div>
      )}
      {brief && (
        <section class="card">
          <b class="sm">{t("factory.brief")}</b>
          <dl class="facts sm">
            <dt class="mut">{t("factory.skill")}</dt>
            <dd>
              <bdi>{brief.skill}</bdi>
            </dd>
            {brief.note && (
              <>
                <dt class="mut">{t("factory.note")}</dt>
                <dd dir="auto">{brief.note}</dd>
              </>
            )}
            <dt class="mut">{t("factory.madeBy")}</dt>
            <dd>{[of.tier && t(`factory.tier.${of.tier}`), of.model].filter(Boolean).join(" · ")}</dd>
          </dl>
        </section>
      )}
    </aside>
  );
}
