/** The way to practice in everything that somebody learns. */
import { hasBegun } from "../../core/begun";
import { t } from "../../i18n";
import type { Course } from "../../protocol/api";
import { ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";

/** It is not there for those who learn nowhere. */
export function PracticeToDo({ courses }: { readonly courses: readonly Course[] }) {
  const mine = courses.filter(({ my_role: role }) => role === "student");
  if (mine.length === 0) return null;
  return (
    <section class="card" aria-labelledby="home-practice">
      <header>
        <Icon name="bulb" />
        <h2 id="home-practice">{t("course.practice")}</h2>
      </header>
      <ul class="list">
        {mine.map(({ id, title }) => (
          <li key={id}>
            <span class="g">
              <bdi>{title}</bdi>
              <br />
              <span class="sm mut">{t("course.practiceText")}</span>
            </span>
            <ButtonLink size="s" href={`/courses/${id}/practice`} aria-label={t(hasBegun(id) ? "course.goOnIn" : "course.practiseIn", { title })} data-testid="home-practise">
              {t(hasBegun(id) ? "course.goOnShort" : "course.practise")}
            </ButtonLink>
          </li>
        ))}
      </ul>
    </section>
  );
}
