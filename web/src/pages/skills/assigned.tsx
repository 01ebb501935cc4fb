/** Practice that was assigned, wish by wish: how much of it is done, and the way to take it back. */
import { useState } from "preact/hooks";
import { skills } from "../../core/practice";
import { t } from "../../i18n";
import type { AssignmentLine } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { toast } from "../../ui/toast";
import { say } from "../words";
import { wishes, type Wished } from "./levels";

/** What was answered of it so far stays answered. */
export async function takeBack(course: string, assignment: string, again: () => void): Promise<void> {
  try {
    await skills.takeBack(course, assignment);
    toast(t("skills.takenBack"));
    again();
  } catch (error) {
    toast(say(error));
  }
}

function Line({ of, onBack }: { readonly of: Wished; readonly onBack: () => void }) {
  const done = of.lines.filter(({ given }) => given >= of.items).length;
  return (
    <li data-testid="assignment" data-skill={of.skill}>
      <details class="g">
        <summary>
          <bdi class="b">{of.skill}</bdi>
          <span class="sm mut">{t("skills.wish", { items: of.items, learners: of.lines.length, done, day: of.at })}</span>
        </summary>
        <ul class="list done-by">
          {of.lines.map(({ id, name, given, items }) => (
            <li key={id}>
              <bdi class="g">{name}</bdi>
              <span class="sm num">{t("skills.given", { given, items })}</span>
            </li>
          ))}
        </ul>
      </details>
      {done < of.lines.length && (
        <Button look="ghost" size="s" onClick={onBack} aria-label={t("skills.takeBackOf", { skill: of.skill })}>
          {t("skills.takeBack")}
        </Button>
      )}
    </li>
  );
}

interface Props {
  readonly course: string;
  readonly of: readonly AssignmentLine[];
  readonly again: () => void;
}

export function Assigned({ course, of, again }: Props) {
  const [asking, setAsking] = useState<Wished | null>(null);
  return (
    <section class="card" aria-labelledby="skills-assigned">
      <header>
        <Icon name="flag" />
        <h2 id="skills-assigned">{t("skills.assignments")}</h2>
      </header>
      {of.length === 0 ? (
        <p class="mut">{t("skills.assignmentsNone")}</p>
      ) : (
        <ul class="list assigned">
          {wishes(of).map((one) => (
            <Line key={one.id} of={one} onBack={() => setAsking(one)} />
          ))}
        </ul>
      )}
      {asking && (
        <Confirm
          title={t("skills.takeBackTitle", { skill: asking.skill })}
          action={t("skills.takeBack")}
          danger
          onYes={() => takeBack(course, asking.id, again)}
          onClose={() => setAsking(null)}
        >
          {t("skills.takeBackText")}
        </Confirm>
      )}
    </section>
  );
}
