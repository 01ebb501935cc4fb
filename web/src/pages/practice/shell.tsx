/** The frame of a lesson and of a placement: the way out, how far it is, one item, one thing to do. */
import type { ComponentChildren } from "preact";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";

/** How an item went, for the row of steps: its word is said to those who hear the page. */
export type Step = "right" | "again" | "kept" | "here" | "open";

interface StepsProps {
  readonly steps: readonly Step[];
  readonly at: number;
}

export function Steps({ steps, at }: StepsProps) {
  const number = Math.min(at + 1, steps.length);
  return (
    <div
      class="steps"
      role="progressbar"
      aria-valuemin={0}
      aria-valuenow={steps.filter((step) => step !== "open" && step !== "here").length}
      aria-valuemax={steps.length}
      aria-label={t("practice.itemOf", { number, count: steps.length })}
      data-testid="practice-steps"
    >
      {steps.map((step, place) => (
        <i key={place} class={step} />
      ))}
    </div>
  );
}

interface Props {
  readonly courseId: string;
  readonly steps: ComponentChildren;
  readonly fact: ComponentChildren;
  readonly menu?: ComponentChildren;
  readonly banner?: ComponentChildren;
  readonly foot: ComponentChildren;
  readonly children: ComponentChildren;
}

export function LessonShell({ courseId, steps, fact, menu, banner, foot, children }: Props) {
  return (
    <div class="tutor" data-testid="practice">
      <a class="btn pri skip" href="#main">
        {t("shell.skip")}
      </a>
      <header class="tutor-head">
        <a class="ib" href={`/courses/${courseId}`} aria-label={t("practice.leave")} data-tip={t("practice.leave")} data-testid="practice-leave">
          <Icon name="x" />
        </a>
        {steps}
        <span class="sm mut num">{fact}</span>
        {menu}
      </header>
      {banner}
      <main class="tutor-main" id="main" tabIndex={-1}>
        {children}
      </main>
      <footer class="tutor-foot">{foot}</footer>
    </div>
  );
}
