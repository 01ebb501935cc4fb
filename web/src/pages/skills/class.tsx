/** The skills of a class: who is stuck on what first, then the map, then what was assigned. */
import { useState } from "preact/hooks";
import { locale, t } from "../../i18n";
import type { AssignmentLine, Course, SkillMap } from "../../protocol/api";
import { Avatar } from "../../ui/avatar";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/form";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { CourseHead } from "../coursehead";
import { AssignDialog, type Wish } from "./assign";
import { FROM, stuckFirst, stuckSkills, type Stuck } from "./levels";
import { Assigned } from "./assigned";
import { Cards, MapTable } from "./map";

const NAMES_SHOWN = 4;
const STUCK_SHOWN = 4;

function StuckLine({ of, onAssign }: { readonly of: Stuck; readonly onAssign: (wish: Wish) => void }) {
  const names = of.learners.slice(0, NAMES_SHOWN);
  const more = of.learners.length - names.length;
  return (
    <li data-testid="stuck" data-skill={of.skill}>
      <span class="g">
        <bdi class="b">{of.skill}</bdi>
        <br />
        <span class="sm mut">{t("skills.stuckOn", { count: of.learners.length })}</span>
        <span class="stuck-names">
          {names.map(({ user_id: id, name }) => (
            <span class="row" key={id}>
              <Avatar name={name} small />
              <bdi>{name}</bdi>
            </span>
          ))}
          {more > 0 && <span class="sm mut">{t("skills.moreNames", { count: more })}</span>}
        </span>
      </span>
      <Button size="s" onClick={() => onAssign({ skill: of.skill, whom: "stuck" })} aria-label={t("skills.assignSkill", { skill: of.skill })}>
        {t("skills.assign")}
      </Button>
    </li>
  );
}

function StuckCard({ of, onAssign }: { readonly of: readonly Stuck[]; readonly onAssign: (wish: Wish) => void }) {
  const [whole, setWhole] = useState(false);
  return (
    <section class="card" aria-labelledby="skills-stuck">
      <header>
        <Icon name="hand" />
        <h2 id="skills-stuck">{t("skills.stuckHead")}</h2>
      </header>
      {of.length === 0 ? (
        <p class="mut">{t("skills.stuckNone")}</p>
      ) : (
        <ul class="list">
          {(whole ? of : of.slice(0, STUCK_SHOWN)).map((one) => (
            <StuckLine key={one.skill} of={one} onAssign={onAssign} />
          ))}
        </ul>
      )}
      {!whole && of.length > STUCK_SHOWN && (
        <Button look="ghost" size="s" onClick={() => setWhole(true)}>
          {t("common.more")}
        </Button>
      )}
    </section>
  );
}

interface Props {
  readonly course: Course;
  readonly map: SkillMap;
  readonly assigned: readonly AssignmentLine[];
  readonly again: () => void;
}

export function ClassSkills({ course, map, assigned, again }: Props) {
  const [wish, setWish] = useState<Wish | null>(null);
  const [words, setWords] = useState("");
  const isNew = map.learners.every(({ skills }) => skills.length === 0);
  const learners = stuckFirst(map.learners, locale()).filter(({ name }) => name.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase()));
  return (
    <>
      <CourseHead course={course} title={t("skills.title")}>
        {map.skills.length > 0 && (
          <Button look="primary" icon="plus" onClick={() => setWish({ skill: map.skills[0] ?? "", whom: "everybody" })} data-testid="assign">
            {t("skills.assign")}
          </Button>
        )}
      </CourseHead>
      <div class="stack" data-testid="class-skills">
        {isNew ? (
          <section class="card">
            <Empty icon="signal" title={t("skills.none")}>
              <p>{t("skills.noneText")}</p>
            </Empty>
          </section>
        ) : (
          <>
            <StuckCard of={stuckSkills(map)} onAssign={setWish} />
            <section class="col" aria-labelledby="skills-map">
              <div class="row w map-bar">
                <h2 id="skills-map" class="sp">
                  {t("skills.map")}
                </h2>
                <TextField quiet type="search" label={t("skills.find")} placeholder={t("skills.find")} value={words} onValue={setWords} dir="auto" />
              </div>
              <p class="sm mut">{t("skills.legend", FROM)}</p>
              {learners.length === 0 ? (
                <p class="mut">{t("skills.nobody")}</p>
              ) : (
                <>
                  <MapTable skills={map.skills} learners={learners} onAssign={setWish} />
                  <Cards skills={map.skills} learners={learners} />
                </>
              )}
            </section>
          </>
        )}
        <Assigned course={course.id} of={assigned} again={again} />
      </div>
      {wish && <AssignDialog course={course.id} map={map} wish={wish} onClose={() => setWish(null)} onAssigned={again} />}
    </>
  );
}
