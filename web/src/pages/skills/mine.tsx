/** My skills: in words and bars, what is due first. */
import { t } from "../../i18n";
import type { Course, MySkills, Skill } from "../../protocol/api";
import { ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { CourseHead } from "../coursehead";
import { byNeed, isDue } from "./levels";
import { Strength } from "./strength";

function Line({ of, now, assigned }: { readonly of: Skill; readonly now: number; readonly assigned: boolean }) {
  const due = isDue(of, now);
  return (
    <li data-testid="my-skill" data-skill={of.skill}>
      <span class="g">
        <bdi>{of.skill}</bdi>
        <br />
        <span class="sm mut">
          {!due && of.due_at !== null && t("skills.dueOn", { day: of.due_at })}
          {due && of.last_at !== null && t("skills.lastOn", { day: of.last_at })}
        </span>
      </span>
      {assigned && <span class="badge acc">{t("skills.assigned")}</span>}
      {due && (
        <span class="badge warn">
          <Icon name="clock" class="s" />
          {t("skills.due")}
        </span>
      )}
      <Strength milli={of.strength_milli} />
    </li>
  );
}

function Group({ name, title, of, mine, now }: { readonly name: string; readonly title: string; readonly of: readonly Skill[]; readonly mine: MySkills; readonly now: number }) {
  if (of.length === 0) return null;
  return (
    <section class="card" aria-labelledby={name}>
      <header>
        <h2 id={name}>{title}</h2>
      </header>
      <ul class="list">
        {of.map((one) => (
          <Line key={one.skill} of={one} now={now} assigned={mine.assigned.includes(one.skill)} />
        ))}
      </ul>
    </section>
  );
}

export function Mine({ course, mine }: { readonly course: Course; readonly mine: MySkills }) {
  const now = Date.now();
  const sorted = byNeed(mine.skills, now);
  const unmet = mine.assigned.filter((skill) => !mine.skills.some((one) => one.skill === skill));
  return (
    <>
      <CourseHead course={course} title={t("skills.mine")}>
        <ButtonLink look="primary" href={`/courses/${course.id}/practice`}>
          {t("skills.practise")}
        </ButtonLink>
      </CourseHead>
      <div class="stack" data-testid="my-skills">
        {mine.days > 0 && <p class="mut">{t("skills.days", { count: mine.days })}</p>}
        {unmet.length > 0 && (
          <p class="banner acc round">
            <Icon name="flag" />
            <span>
              <b>{t("skills.assigned")}</b> <bdi>{unmet.join(" · ")}</bdi>
            </span>
          </p>
        )}
        {sorted.length === 0 && (
          <section class="card">
            <Empty icon="signal" title={t("skills.mineNone")}>
              <p>{t("skills.mineNoneText")}</p>
            </Empty>
          </section>
        )}
        <Group name="skills-due" title={t("skills.dueHead")} of={sorted.filter((one) => isDue(one, now))} mine={mine} now={now} />
        <Group name="skills-rest" title={t(sorted.some((one) => isDue(one, now)) ? "skills.restHead" : "skills.allHead")} of={sorted.filter((one) => !isDue(one, now))} mine={mine} now={now} />
        {!mine.placed && (
          <p>
            <a href={`/courses/${course.id}/practice?place`}>{t("skills.place")}</a>
          </p>
        )}
      </div>
    </>
  );
}
