/** Practice that was assigned, and how much of it was asked so far. */
import { t } from "../../i18n";
import type { AssignmentLine } from "../../protocol/api";
import { Icon } from "../../ui/icon";

export function Assigned({ of }: { readonly of: readonly AssignmentLine[] }) {
  return (
    <section class="card" aria-labelledby="skills-assigned">
      <header>
        <Icon name="flag" />
        <h2 id="skills-assigned">{t("skills.assignments")}</h2>
      </header>
      {of.length === 0 ? (
        <p class="mut">{t("skills.assignmentsNone")}</p>
      ) : (
        <ul class="list">
          {of.map((one) => (
            <li key={one.id} data-testid="assignment" data-skill={one.skill}>
              <span class="g">
                <bdi>{one.name}</bdi>
                <br />
                <span class="sm mut">
                  <bdi>{one.skill}</bdi>
                </span>
              </span>
              <span class="sm num">{t("skills.given", { given: one.given, items: one.items })}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
