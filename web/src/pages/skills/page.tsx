/** Skills in a course: a learner's own, or, for who teaches it, the map of the class. */
import { skills } from "../../core/practice";
import { courses } from "../../core/school";
import { has } from "../../core/session";
import { t } from "../../i18n";
import type { AssignmentLine, Course, MySkills, SkillMap } from "../../protocol/api";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { ClassSkills } from "./class";
import { Mine } from "./mine";

type Loaded =
  | { readonly is: "mine"; readonly course: Course; readonly mine: MySkills }
  | { readonly is: "class"; readonly course: Course; readonly map: SkillMap; readonly assigned: readonly AssignmentLine[] };

async function load(courseId: string, signal: AbortSignal): Promise<Loaded> {
  const course = await courses.get(courseId, signal);
  if (course.my_role === "student" && !has("admin")) return { is: "mine", course, mine: await skills.mine(courseId, signal) };
  const [map, assigned] = await Promise.all([skills.map(courseId, signal), skills.assignments(courseId, signal)]);
  return { is: "class", course, map, assigned };
}

export function SkillsPage({ courseId }: { readonly courseId: string }) {
  const loading = useLoading((signal) => load(courseId, signal), [courseId]);
  const isMine = loading.now.is === "ready" && loading.now.value.is === "mine";
  return (
    <Frame title={t(isMine ? "skills.mine" : "skills.title")} narrow={isMine}>
      <Ready of={loading} lines={8}>
        {(loaded) =>
          loaded.is === "mine" ? (
            <Mine course={loaded.course} mine={loaded.mine} />
          ) : (
            <ClassSkills course={loaded.course} map={loaded.map} assigned={loaded.assigned} again={loading.again} />
          )
        }
      </Ready>
    </Frame>
  );
}
