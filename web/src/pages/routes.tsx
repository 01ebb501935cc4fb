/** Every address of the site on one page, and the way to it. */
import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { address, go } from "../core/location";
import { me } from "../core/session";
import { learn, t, type Area } from "../i18n";
import { Trouble, Waiting } from "../ui/states";
import { parameters } from "./pattern";

type Parameters = Readonly<Record<string, string>>;
type Load = () => Promise<ComponentType<Parameters>>;

interface Route {
  readonly pattern: string;
  readonly load: Load;
  /** The catalogues whose words the page says, besides the core. */
  readonly says?: readonly Area[];
  /** Open to those who are not signed in. */
  readonly open?: true;
}

const ROUTES: readonly Route[] = [
  { pattern: "/signin", open: true, load: async () => (await import("./signin/page")).SignInPage },
  { pattern: "/status", open: true, says: ["status"], load: async () => (await import("./status/page")).StatusPage },
  { pattern: "/", load: async () => (await import("./home/page")).HomePage },
  { pattern: "/courses", load: async () => (await import("./courses/page")).CoursesPage },
  { pattern: "/courses/:courseId", says: ["course", "teaching"], load: page(async () => (await import("./course/page")).CoursePage) },
  { pattern: "/courses/:courseId/lessons/new", says: ["course", "teaching"], load: page(async () => (await import("./lesson/edit")).NewLessonPage) },
  { pattern: "/courses/:courseId/bank", says: ["bank", "teaching"], load: page(async () => (await import("./bank/page")).BankPage) },
  { pattern: "/courses/:courseId/bank/new", says: ["bank", "teaching", "question", "factory"], load: page(async () => (await import("./bank/edit")).NewQuestionPage) },
  { pattern: "/questions/:questionId", says: ["bank", "teaching", "question", "factory"], load: page(async () => (await import("./bank/edit")).QuestionPage) },
  { pattern: "/courses/:courseId/practice", says: ["practice", "skills", "question"], load: page(async () => (await import("./practice/page")).PracticePage) },
  { pattern: "/courses/:courseId/skills", says: ["skills"], load: page(async () => (await import("./skills/page")).SkillsPage) },
  { pattern: "/courses/:courseId/gradebook", says: ["gradebook", "teaching"], load: page(async () => (await import("./gradebook/page")).GradebookPage) },
  { pattern: "/assessments/:assessmentId/board", says: ["board", "teaching"], load: page(async () => (await import("./board/page")).BoardPage) },
  { pattern: "/assessments/:assessmentId/marking", says: ["marking", "teaching", "question"], load: page(async () => (await import("./marking/page")).MarkingPage) },
  { pattern: "/assessments/:assessmentId/settings", says: ["assessment", "teaching"], load: page(async () => (await import("./assessment/page")).SettingsPage) },
  { pattern: "/assessments/:assessmentId/items", says: ["assessment", "teaching"], load: page(async () => (await import("./assessment/items")).ItemsPage) },
  { pattern: "/lessons/:lessonId", says: ["course"], load: page(async () => (await import("./lesson/page")).LessonPage) },
  { pattern: "/lessons/:lessonId/edit", says: ["course", "teaching"], load: page(async () => (await import("./lesson/edit")).EditLessonPage) },
  { pattern: "/classes/:classId", says: ["class", "question"], load: page(async () => (await import("./door/index")).default) },
  { pattern: "/exams/:assessmentId", says: ["exam", "question"], load: page(async () => (await import("./exam/start")).ExamStartPage) },
  { pattern: "/exams/:assessmentId/attempts/:attemptId", says: ["exam", "question"], load: page(async () => (await import("./exam/page")).AttemptPage) },
  { pattern: "/exams/:assessmentId/attempts/:attemptId/result", says: ["exam", "question"], load: page(async () => (await import("./exam/result")).ResultPage) },
  { pattern: "/courses/:courseId/factory", says: ["factory", "teaching", "bank"], load: page(async () => (await import("./factory/page")).FactoryPage) },
  { pattern: "/factory", says: ["factory"], load: async () => (await import("./factory/dashboard")).DashboardPage },
  { pattern: "/reviews", says: ["factory", "bank", "teaching", "question"], load: async () => (await import("./review/page")).ReviewsPage },
  { pattern: "/admin/people", says: ["people"], load: async () => (await import("./people/page")).PeoplePage },
];
const NOWHERE: Route = { pattern: "", open: true, load: async () => (await import("./nowhere")).NowherePage };

/** A page takes exactly the parameters that its pattern names. */
function page<Props extends object>(load: () => Promise<ComponentType<Props>>): Load {
  return load as unknown as Load;
}

function found(path: string): { readonly route: Route; readonly values: Parameters } {
  for (const route of ROUTES) {
    const values = parameters(route.pattern, path);
    if (values) return { route, values };
  }
  return { route: NOWHERE, values: {} };
}

/** Sends those who must sign in to the door of the house, and back to where they were going. */
function useGuard(route: Route): boolean {
  const stranger = me.value === null && !route.open;
  const from = address.value;
  useEffect(() => {
    // Somebody who signs out is on the way to the door already.
    if (stranger && address.value === from) go(`/signin?to=${encodeURIComponent(from)}`, { replace: true });
  }, [stranger, from]);
  return stranger;
}

/** Those who hear the page, or use the keyboard, begin a new page at its top. */
function useFocus(path: string, drawn: unknown): void {
  const first = useRef(path);
  useEffect(() => {
    if (!drawn || first.current === path) return;
    first.current = path;
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [path, drawn]);
}

interface Drawn {
  readonly route: Route;
  readonly Page: ComponentType<Parameters> | null;
}

export function Pages() {
  const path = address.value.split("?")[0] ?? "/";
  const { route, values } = found(path);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const [turn, setTurn] = useState(0);
  const stranger = useGuard(route);
  useEffect(() => {
    let wanted = true;
    Promise.all([route.load(), learn(route.says ?? [])]).then(
      ([Page]) => wanted && setDrawn({ route, Page }),
      () => wanted && setDrawn({ route, Page: null }),
    );
    return () => {
      wanted = false;
    };
  }, [route, turn]);
  const current = drawn?.route === route ? drawn : null;
  useFocus(path, current);
  if (stranger || !current) return <Wait />;
  if (!current.Page) return <Trouble says={t("error.unreachable")} onRetry={() => setTurn(turn + 1)} />;
  return <current.Page key={path} {...values} />;
}

/** Says nothing for a moment, because most pages come at once. */
function Wait() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return long ? (
    <main class="wrap" id="main">
      <Waiting />
    </main>
  ) : null;
}
