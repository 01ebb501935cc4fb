/** What was checked before a person looked, what its figures say, and what learners said. */
import { keyOr, t } from "../../i18n";
import type { Finding, Review } from "../../protocol/api";
import { Icon } from "../../ui/icon";

function Gate({ of }: { readonly of: Finding }) {
  const figures = Object.entries(of.figures).map(([name, value]) => `${name} ${Math.round(value * 100) / 100}`);
  return (
    <li class="row sm">
      <Icon name={of.passed ? "check" : "alert"} class={of.passed ? "s c-ok" : "s c-warn"} />
      <span class="sp">{t(`factory.gate.${of.gate}`)}</span>
      <span class="mut">{[of.code, ...figures].filter(Boolean).join(" · ")}</span>
      <span class="sr">{t(of.passed ? "factory.passed" : "factory.noticed")}</span>
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
            <span class="sm mut">{t("factory.checksPassed", { passed: of.gates.filter(({ passed }) => passed).length, of: of.gates.length })}</span>
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
