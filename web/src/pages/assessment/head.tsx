/** The head of an exam for those who run it, with the ways between its pages. */
import type { ComponentChildren } from "preact";
import { address } from "../../core/location";
import { t, type Key } from "../../i18n";
import type { AssessmentState } from "../../protocol/api";
import { Icon } from "../../ui/icon";
import "./assessment.css";

const BADGE: Readonly<Record<AssessmentState, string>> = { draft: "badge warn", published: "badge ok", archived: "badge" };

export function ExamBadge({ state }: { readonly state: AssessmentState }) {
  return <span class={BADGE[state]}>{t(`assessment.state.${state}`)}</span>;
}

const WAYS: readonly (readonly [string, Key])[] = [
  ["settings", "assessment.settings"],
  ["board", "assessment.board"],
  ["marking", "assessment.marking"],
  ["items", "assessment.items"],
];

interface Props {
  readonly id: string;
  readonly courseId: string;
  readonly title: string;
  readonly state: AssessmentState;
  /** Those who only watch have no other pages of it. */
  readonly runs?: boolean;
  readonly children?: ComponentChildren;
}

export function ExamHead({ id, courseId, title, state, runs = true, children }: Props) {
  const path = address.value.split("?")[0] ?? "";
  return (
    <div class="exam-head">
      <div class="row w">
        <div class="sp">
          <a class="crumb" href={`/courses/${courseId}`}>
            <Icon name="left" class="s mir" />
            {t("assessment.toCourse")}
          </a>
          <div class="row w">
            <h1>
              <bdi>{title}</bdi>
            </h1>
            <ExamBadge state={state} />
          </div>
        </div>
        {children}
      </div>
      <nav class="exam-ways" aria-label={t("assessment.ways")}>
        {WAYS.filter(([end]) => runs || end === "board").map(([end, label]) => {
          const href = `/assessments/${id}/${end}`;
          return (
            <a key={end} href={href} aria-current={path === href ? "page" : undefined}>
              {t(label)}
            </a>
          );
        })}
      </nav>
    </div>
  );
}
