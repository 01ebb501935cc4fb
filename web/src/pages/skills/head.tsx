/** The way back to the course, the title, and the one thing to do. */
import type { ComponentChildren } from "preact";
import type { Course } from "../../protocol/api";
import { Icon } from "../../ui/icon";

export function Head({ course, title, children }: { readonly course: Course; readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="greet">
      <div class="sp">
        <a class="crumb" href={`/courses/${course.id}`}>
          <Icon name="left" class="s mir" />
          <bdi>{course.title}</bdi>
        </a>
        <h1>{title}</h1>
      </div>
      {children}
    </div>
  );
}
