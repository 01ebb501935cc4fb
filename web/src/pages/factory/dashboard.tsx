/** How the factory does: what passes, what people accept, what slips through, and what it costs. */
import { useState } from "preact/hooks";
import { factory } from "../../core/factory";
import { has } from "../../core/session";
import { keyOr, region, t, type Key } from "../../i18n";
import type { Budget, FactoryDashboard } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Segments, TextField } from "../../ui/form";
import { toast } from "../../ui/toast";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { useSubmitting } from "../submitting";
import { money, share } from "./money";
import { SettingsCards } from "./settings";
import "./factory.css";

const SPANS: readonly number[] = [7, 30, 90, 365];

function number(value: number): string {
  return new Intl.NumberFormat(region(), { maximumFractionDigits: 0 }).format(value);
}

interface Figure {
  readonly label: Key;
  readonly value: string;
  readonly hint: Key;
}

function figures({ rates, ...of }: FactoryDashboard): readonly Figure[] {
  const per = of.tokens_per_accepted;
  const cost = of.cost_micros_per_accepted;
  return [
    { label: "factory.schemaPass", value: share(rates.schema_pass), hint: "factory.schemaPassHint" },
    { label: "factory.gatesPass", value: share(rates.gates_pass), hint: "factory.gatesPassHint" },
    { label: "factory.acceptRate", value: share(rates.accept), hint: "factory.acceptRateHint" },
    { label: "factory.editRate", value: share(rates.edit), hint: "factory.editRateHint" },
    { label: "factory.agreement", value: share(rates.agreement), hint: "factory.agreementHint" },
    { label: "factory.seededMissed", value: share(rates.seeded_missed), hint: "factory.seededMissedHint" },
    { label: "factory.escapes", value: share(rates.escapes), hint: "factory.escapesHint" },
    { label: "factory.perAccepted", value: per === null ? "–" : number(per), hint: "factory.perAcceptedHint" },
    { label: "factory.costAccepted", value: cost === null ? "–" : money(cost), hint: "factory.costAcceptedHint" },
  ];
}

/** What was turned down, and how often, the most frequent first. */
function Counts({ title, of, word }: { readonly title: string; readonly of: Readonly<Record<string, number>>; readonly word: (name: string) => string }) {
  const rows = Object.entries(of).toSorted(([, one], [, other]) => other - one);
  const most = Math.max(1, ...rows.map(([, many]) => many));
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
      </header>
      {rows.length === 0 ? (
        <p class="mut sm">{t("factory.none")}</p>
      ) : (
        <ul class="counts">
          {rows.map(([name, many]) => (
            <li key={name}>
              <span>{word(name)}</span>
              <b class="num">{number(many)}</b>
              <i style={{ inlineSize: `${(100 * many) / most}%` }} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What is used, and behind it what is set aside. */
function BudgetBar({ of }: { readonly of: Budget }) {
  const part = (tokens: number) => `${(100 * Math.min(of.tokens_limit, tokens)) / Math.max(1, of.tokens_limit)}%`;
  return (
    <div class="budget-bar" aria-hidden="true">
      <i class="held" style={{ inlineSize: part(of.tokens_used + of.tokens_held) }} />
      <i style={{ inlineSize: part(of.tokens_used) }} />
    </div>
  );
}

function BudgetCard({ start }: { readonly start: Budget }) {
  const [budget, setBudget] = useState(start);
  const [limit, setLimit] = useState(String(start.tokens_limit));
  const { busy, fault, submit } = useSubmitting();
  const save = () =>
    submit(async () => {
      setBudget(await factory.setBudget(Number(limit)));
      toast(t("factory.budgetSaved"));
    });
  return (
    <section class="card stack">
      <header>
        <h2>{t("factory.budget")}</h2>
        <span class="sm mut">{budget.month}</span>
      </header>
      <BudgetBar of={budget} />
      <p class="sm">{t("factory.budgetUsed", { used: budget.tokens_used, limit: budget.tokens_limit })}</p>
      {budget.tokens_held > 0 && <p class="sm mut">{t("factory.budgetHeld", { held: budget.tokens_held })}</p>}
      {has("admin") && (
        <form
          class="row w saved-beside"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <TextField type="number" min={0} max={1_000_000_000_000} required label={t("factory.budgetLimit")} value={limit} onValue={setLimit} fault={fault} />
          <Button type="submit" busy={busy}>
            {t("common.save")}
          </Button>
        </form>
      )}
    </section>
  );
}

function Whole({ of }: { readonly of: FactoryDashboard }) {
  return (
    <div class="stack">
      <p class="mut">{t("factory.summary", { jobs: of.jobs, drafts: of.drafts, passed: of.passed, accepted: of.accepted, waiting: of.waiting })}</p>
      <dl class="figures">
        {figures(of).map(({ label, value, hint }) => (
          <div key={label} class="card">
            <dt>{t(label)}</dt>
            <dd>
              <b class="num">{value}</b>
              <span class="sm mut">{t(hint)}</span>
            </dd>
          </div>
        ))}
      </dl>
      <div class="halves">
        <Counts title={t("factory.droppedBy")} of={of.dropped_by} word={(gate) => t(keyOr(`factory.drop.${gate}`, "factory.drop.structure"))} />
        <Counts title={t("factory.rejectedFor")} of={of.rejected_for} word={(reason) => t(keyOr(`factory.reason.${reason}`, "factory.reason.other"))} />
      </div>
      <BudgetCard start={of.budget} />
      {has("admin") && <SettingsCards />}
    </div>
  );
}

export function DashboardPage() {
  const [days, setDays] = useState(30);
  const loading = useLoading((signal) => factory.dashboard(days, signal), [days]);
  return (
    <Frame title={t("factory.figures")}>
      <div class="greet">
        <h1 class="sp">{t("factory.figures")}</h1>
        {has("reviewer") && <ButtonLink href="/reviews">{t("factory.reviews")}</ButtonLink>}
        <Segments label={t("factory.span")} options={SPANS.map((span) => ({ value: String(span), label: t("factory.days", { count: span }) }))} value={String(days)} onValue={(value) => setDays(Number(value))} />
      </div>
      <Ready of={loading} lines={8}>
        {(of) => <Whole key={of.days} of={of} />}
      </Ready>
    </Frame>
  );
}
