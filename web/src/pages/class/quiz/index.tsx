/** The quick quiz of a class, in its panel: learners answer, whoever runs the class poses, watches and reveals. */
import type { QuizNow } from "../../../protocol/messages";
import { Learner } from "./learner";
import { Teacher } from "./teacher";
import "./quiz.css";

export interface Props {
  readonly classId: string;
  readonly courseId: string;
  readonly now: QuizNow | null;
  readonly leads: boolean;
  /** Students in the room: of so many answers are awaited. */
  readonly students: number;
}

export default function Quiz({ classId, courseId, now, leads, students }: Props) {
  if (leads) return <Teacher classId={classId} courseId={courseId} now={now} students={students} />;
  return now && <Learner key={now.quiz} now={now} />;
}
