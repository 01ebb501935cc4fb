/** Learners by skills: a table whose names stay, each cell a word on a ground; on phones a card a learner. */
import { t } from "../../i18n";
import type { LearnerSkills } from "../../protocol/api";
import { Avatar } from "../../ui/avatar";
import { Icon } from "../../ui/icon";
import type { Wish } from "./assign";
import { levelOf, skillIn } from "./levels";
import { levelWord, Strength } from "./strength";

interface Props {
  readonly skills: readonly string[];
  readonly learners: readonly LearnerSkills[];
}

function Cell({ of, skill }: { readonly of: LearnerSkills; readonly skill: string }) {
  const found = skillIn(of, skill);
  if (!found)
    return (
      <td class="heat none">
        <span aria-hidden="true">·</span>
        <span class="sr">{t("skills.notMet")}</span>
      </td>
    );
  const level = levelOf(found.strength_milli);
  return (
    <td class={`heat ${level}`} data-testid="skill-cell" data-user={of.user_id} data-skill={skill} data-level={level}>
      {levelWord(level)}
      {of.stuck.includes(skill) && (
        <span class="badge warn">
          <Icon name="alert" class="s" />
          {t("skills.stuck")}
        </span>
      )}
    </td>
  );
}

export function MapTable({ skills, learners, onAssign }: Props & { readonly onAssign: (wish: Wish) => void }) {
  return (
    <div class="skill-map dk" tabIndex={0} role="region" aria-label={t("skills.map")}>
      <table class="tbl">
        <caption class="sr">{t("skills.title")}</caption>
        <thead>
          <tr>
            <th scope="col" class="first">
              {t("skills.learner")}
            </th>
            {skills.map((skill) => (
              <th key={skill} scope="col">
                <button type="button" class="sorter" onClick={() => onAssign({ skill, whom: "everybody" })} aria-label={t("skills.assignSkill", { skill })} title={skill}>
                  <bdi>{skill}</bdi>
                  <Icon name="plus" class="s" />
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {learners.map((one) => (
            <tr key={one.user_id}>
              <th scope="row" class="first">
                <span class="row">
                  <Avatar name={one.name} small />
                  <bdi class="clip" title={one.name}>
                    {one.name}
                  </bdi>
                </span>
              </th>
              {skills.map((skill) => (
                <Cell key={skill} of={one} skill={skill} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Cards({ skills, learners }: Props) {
  return (
    <ul class="map-cards ph fx">
      {learners.map((one) => (
        <li key={one.user_id}>
          <details class="card">
            <summary>
              <Avatar name={one.name} small />
              <bdi class="sp wrapany">{one.name}</bdi>
              {one.stuck.length > 0 ? (
                <span class="badge warn">
                  <Icon name="alert" class="s" />
                  {t("skills.stuck")}
                </span>
              ) : (
                <span class="sm mut">{t("skills.metCount", { count: one.skills.length })}</span>
              )}
              <Icon name="down" class="s dim" />
            </summary>
            <ul class="list">
              {skills.flatMap((skill) => {
                const found = skillIn(one, skill);
                if (!found) return [];
                return [
                  <li key={skill}>
                    <bdi class="g">{skill}</bdi>
                    {one.stuck.includes(skill) && <span class="badge warn">{t("skills.stuck")}</span>}
                    <Strength milli={found.strength_milli} />
                  </li>,
                ];
              })}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  );
}
