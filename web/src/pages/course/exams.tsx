/** The exams of a course for those who run them, with the ways to the bank and the gradebook. */
import { useState } from "preact/hooks";
import { go } from "../../core/location";
import { assessments } from "../../core/teaching";
import { t } from "../../i18n";
import type { AssessmentLine } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { ExamBadge } from "../assessment/head";
import { Ready, useLoading } from "../loading";
import { TitleDialog } from "./title";

function when({ opens_at, closes_at }: AssessmentLine): string {
  if (opens_at && closes_at) return t("assessment.fromTo", { from: opens_at, to: closes_at });
  if (opens_at) return t("assessment.from", { from: opens_at });
  if (closes_at) return t("assessment.until", { to: closes_at });
  return t("assessment.anyTime");
}

function Line({ of }: { readonly of: AssessmentLine }) {
  return (
    <li>
      <span class="g">
        <a href={`/assessments/${of.id}/${of.state === "draft" ? "settings" : "board"}`}>
          <bdi>{of.title}</bdi>
        </a>
        <br />
        <span class="sm mut">
          {when(of)}
          {of.time_limit_minutes !== null && ` · ${t("assessment.minutes", { minutes: of.time_limit_minutes })}`}
        </span>
      </span>
      <ExamBadge state={of.state} />
      <Icon name="right" class="s mir dim" />
    </li>
  );
}

interface Props {
  readonly courseId: string;
  readonly mayEdit: boolean;
}

export function ExamsCard({ courseId, mayEdit }: Props) {
  const [adding, setAdding] = useState(false);
  const loading = useLoading((signal) => assessments.all(courseId, signal), [courseId]);
  return (
    <section class="card exams" aria-labelledby="course-exams">
      <header>
        <Icon name="pen" />
        <h2 id="course-exams">{t("assessment.all")}</h2>
        <ButtonLink size="s" href={`/courses/${courseId}/bank`}>
          {t("bank.title")}
        </ButtonLink>
        <ButtonLink size="s" href={`/courses/${courseId}/gradebook`}>
          {t("gradebook.title")}
        </ButtonLink>
        <ButtonLink size="s" href={`/courses/${courseId}/factory`}>
          {t("course.factory")}
        </ButtonLink>
        {mayEdit && (
          <Button size="s" icon="plus" onClick={() => setAdding(true)}>
            {t("assessment.new")}
          </Button>
        )}
      </header>
      <Ready of={loading} lines={2}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="pen" title={t("assessment.none")}>
              <p>{t("assessment.noneDo")}</p>
            </Empty>
          ) : (
            <ul class="list">
              {all.map((one) => (
                <Line key={one.id} of={one} />
              ))}
            </ul>
          )
        }
      </Ready>
      {adding && (
        <TitleDialog
          title={t("assessment.new")}
          label={t("assessment.title")}
          value=""
          action={t("assessment.create")}
          onSave={async (title) => {
            const made = await assessments.create(courseId, { title });
            go(`/assessments/${made.id}/settings`);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </section>
  );
}
