/** What was checked before a person looked, what its figures say, and what learners said. */
import { keyOr, region, t } from "../../i18n";
import type { Finding, Review } from "../../protocol/api";
import { Icon } from "../../ui/icon";
import { share } from "../factory/money";

/** The sum of a risk, and what it is made of, the heaviest first. */
function riskSaid(figures: Finding["figures"]): string {
  const reasons = Object.entries(figures).toSorted(([, one], [, other]) => other - one);
  const sum = Math.min(100, Math.round(reasons.reduce((all, [, weight]) => all + weight, 0)));
  const names = reasons.map(([name]) => t(keyOr(`factory.riskBy.${name}`, "factory.riskBy.other")));
  return t("factory.note.risk", { sum, why: new Intl.ListFormat(region(), { type: "unit" }).format(names) });
}

/** What a gate found, in words. */
function said({ gate, code, figures }: Finding): string {
  if (code) return t(keyOr(`factory.note.${code}`, "factory.noticed"));
  if (gate === "risk") return riskSaid(figures);
  if (figures["solvers"] !== undefined) return t("factory.note.solvers", { count: figures["solvers"] });
  if (figures["nearest"] !== undefined) return t("factory.note.nearest", { share: share(figures["nearest"]) });
  if (figures["whole"] === undefined) return "";
  return t("factory.note.inSource", { key: share(figures["key"] ?? 0), whole: share(figures["whole"]) });
}

/** A check that could not be made has passed nothing. */
function isClear({ passed, code }: Finding): boolean {
  return passed && !code;
}

function Gate({ of }: { readonly of: Finding }) {
  const clear = isClear(of);
  return (
    <li class="row sm">
      <Icon name={clear ? "check" : "alert"} class={clear ? "s c-ok" : "s c-warn"} />
      <span class="sp">{t(`factory.gate.${of.gate}`)}</span>
      <span class="mut">{said(of)}</span>
      <span class="sr">{t(clear ? "factory.passed" : "factory.noticed")}</span>
    </li>
  );
}

export function Gates({ of }: { readonly of: Review }) {
  return (
    <>
      {of.faults.length > 0 && (
        <section class="card">
          <header>
            <h3>{t("factory.faults")}</h3>
          </header>
          <ul class="stack">
            {of.faults.map((fault) => (
              <li key={fault}>
                <b class="sm">{t(keyOr(`factory.fault.${fault}`, "factory.fault.other"))}</b>
              </li>
            ))}
          </ul>
        </section>
      )}
      {of.reports.length > 0 && (
        <section class="card">
          <header>
            <h3>{t("factory.reports")}</h3>
          </header>
          <ul class="stack">
            {of.reports.map((report, place) => (
              <li key={place}>
                <b class="sm">{t(keyOr(`factory.report.${report.reason}`, "factory.report.other"))}</b>
                {report.note && (
                  <p class="sm" dir="auto">
                    {report.note}
                  </p>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {of.gates.length > 0 && (
        <section class="card">
          <header>
            <h3>{t("factory.checks")}</h3>
            <span class="sm mut">{t("factory.checksPassed", { passed: of.gates.filter(isClear).length, of: of.gates.length })}</span>
          </header>
          <ul class="gates">
            {of.gates.map((one) => (
              <Gate key={one.gate} of={one} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
