/** Where an item of the bank comes from, for one that the factory made. */
import { factory } from "../../core/factory";
import { Refused } from "../../core/errors";
import { region, t } from "../../i18n";
import type { ProvenanceCard } from "../../protocol/api";
import { useLoading } from "../loading";
import { money } from "./money";

function when(at: string): string {
  return new Intl.DateTimeFormat(region(), { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(at));
}

function Facts({ of }: { readonly of: ProvenanceCard }) {
  const prompts = Object.entries(of.prompts).map(([step, version]) => `${step} ${version}`);
  const rows: readonly (readonly [string, string])[] = [
    [t("factory.madeBy"), [t(`factory.tier.${of.tier}`), of.provider, of.model].filter(Boolean).join(" · ")],
    [t("factory.prompts"), prompts.join(" · ")],
    [t("factory.quote"), of.quote],
    [t("factory.cost"), `${t("factory.tokens", { count: of.tokens })} · ${money(of.cost_micros)}`],
    [t("factory.reviewedBy"), t("factory.reviewers", { count: of.reviewers.length, edited: of.edited ? 1 : 0 })],
    [t("factory.inBank"), when(of.ingested_at)],
  ];
  return (
    <dl class="facts sm">
      {rows
        .filter(([, value]) => value !== "")
        .map(([label, value]) => (
          <div key={label} class="fact-row">
            <dt class="mut">{label}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Nothing at all for an item that a person wrote. */
export function Provenance({ questionId }: { readonly questionId: string }) {
  const loading = useLoading(
    (signal) =>
      factory.card(questionId, signal).catch((error: unknown) => {
        if (error instanceof Refused && error.status === 404) return null;
        throw error;
      }),
    [questionId],
  );
  if (loading.now.is !== "ready" || loading.now.value === null) return null;
  const card = loading.now.value;
  return (
    <section class="card" aria-label={t("factory.provenance")} data-testid="provenance">
      <header>
        <h2>{t("factory.provenance")}</h2>
        {card.recalled_at && <span class="badge dang">{t("factory.recalled")}</span>}
      </header>
      <Facts of={card} />
    </section>
  );
}
