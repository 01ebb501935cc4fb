/** The way back to the course, the title, and what there is to do. */
import type { ComponentChildren } from "preact";
import type { Course } from "../protocol/api";
import { Icon } from "../ui/icon";

interface Props {
  readonly course: Course;
  readonly title: string;
  readonly about?: string;
  readonly children?: ComponentChildren;
}

export function CourseHead({ course, title, about, children }: Props) {
  return (
    <div class="greet">
      <div class="sp">
        <a class="crumb" href={`/courses/${course.id}`}>
          <Icon name="left" class="s mir" />
          <bdi>{course.title}</bdi>
        </a>
        <h1>{title}</h1>
        {about && <p class="mut">{about}</p>}
      </div>
      {children}
    </div>
  );
}
