/** The queue of attempts to mark by hand: next and back by keys, the next one already loaded. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { address, go } from "../../core/location";
import { assessments, marking } from "../../core/teaching";
import { locale, t } from "../../i18n";
import type { Assessment, AttemptLine, Mark, Script } from "../../protocol/api";
import { Button } from "../../ui/button";
import { SelectField } from "../../ui/form";
import { Empty, Waiting } from "../../ui/states";
import { toast } from "../../ui/toast";
import { ExamHead } from "../assessment/head";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { Desk } from "./desk";
import { Help } from "./help";
import { MARK_FORM } from "./panel";
import { beside, queued } from "./queue";
import { ReleaseButton } from "./release";
import "./marking.css";

function asked(): string {
  return new URLSearchParams(address.value.split("?")[1] ?? "").get("attempt") ?? "";
}

/** What stands on the desk stands in the address too: a reload comes back to it. */
function show(id: string): void {
  const path = address.value.split("?")[0] ?? "";
  go(`${path}?attempt=${id}`, { replace: true });
}

function state(line: AttemptLine): string {
  if (line.to_mark > 0) return t("marking.toMark", { count: line.to_mark });
  if (line.earned_milli === null || line.possible_milli === null) return t("marking.scoring");
  return t("marking.of", { earned: line.earned_milli / 1000, possible: line.possible_milli / 1000 });
}

interface QueueProps {
  readonly queue: readonly AttemptLine[];
  readonly current: string;
}

function Queue({ queue, current }: QueueProps) {
  const root = useRef<HTMLElement>(null);
  useEffect(() => {
    root.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <nav class="mark-queue" aria-label={t("marking.queue")} ref={root}>
      <ul>
        {queue.map((line) => (
          <li key={line.id}>
            <button type="button" aria-current={line.id === current ? "true" : undefined} onClick={() => show(line.id)}>
              <bdi class="sp">
                {line.name}
                {line.number > 1 && <span class="mut"> · {t("marking.number", { number: line.number })}</span>}
              </bdi>
              <span class={line.to_mark > 0 ? "badge acc" : "badge"}>{state(line)}</span>
              {line.late_answers > 0 && <span class="badge warn">{t("board.late")}</span>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Scripts that were fetched, and the one after, so that the next answer is there at once. */
function useScripts(queue: readonly AttemptLine[], current: string) {
  const found = useRef(new Map<string, Promise<Script>>());
  const fetched = (id: string) => {
    const there = found.current.get(id) ?? marking.script(id);
    found.current.set(id, there);
    there.catch(() => found.current.delete(id));
    return there;
  };
  const loading = useLoading(async () => {
    const script = await fetched(current);
    const after = beside(queue, current, 1);
    if (after) void fetched(after.id).catch(() => undefined);
    return script;
  }, [current]);
  return { loading, forget: (id: string) => found.current.delete(id) };
}

interface TableProps {
  readonly queue: readonly AttemptLine[];
  readonly again: () => void;
}

function Table({ queue, again }: TableProps) {
  const wanted = asked();
  const current = queue.find(({ id }) => id === wanted) ?? queue[0];
  const [fromEnd, setFromEnd] = useState(false);
  const [helping, setHelping] = useState(false);
  const id = current?.id ?? "";
  const { loading, forget } = useScripts(queue, id);
  const step = (by: 1 | -1) => {
    const next = beside(queue, id, by);
    setFromEnd(by === -1);
    if (next) show(next.id);
    else toast(t(by === 1 ? "marking.end" : "marking.begin"));
  };
  const marked = (mark: Mark) => {
    loading.put((old) => ({ ...old, marks: [...old.marks.filter((one) => one.item_id !== mark.item_id || one.round !== mark.round), mark] }));
    forget(id);
    again();
  };
  const reload = () => {
    forget(id);
    loading.again();
    again();
  };
  return (
    <div class="marking">
      <Queue queue={queue} current={id} />
      <div class="ph mark-choose">
        <SelectField label={t("marking.queue")} value={id} onValue={show} options={queue.map((line) => ({ value: line.id, label: `${line.name}: ${state(line)}` }))} />
      </div>
      <Ready of={loading} lines={10}>
        {(script) => (script.attempt.id === id ? <Desk key={id} script={script} fromEnd={fromEnd} onMarked={marked} onBeside={step} again={reload} /> : <Waiting lines={10} />)}
      </Ready>
      <footer class="mark-keys">
        <Button size="s" onClick={() => step(-1)}>
          {t("marking.back")} <kbd class="kbd dk">K</kbd>
        </Button>
        <Button size="s" onClick={() => step(1)}>
          {t("marking.next")} <kbd class="kbd dk">J</kbd>
        </Button>
        <span class="sp dk" />
        <Button size="s" look="ghost" onClick={() => setHelping(true)}>
          {t("class.keys")}
        </Button>
        <Button look="primary" type="submit" form={MARK_FORM}>
          {t("marking.saveNext")} <kbd class="kbd dk">{t("marking.enter")}</kbd>
        </Button>
      </footer>
      {helping && <Help onClose={() => setHelping(false)} />}
    </div>
  );
}

interface Loaded {
  readonly assessment: Assessment;
  readonly lines: readonly AttemptLine[];
}

function Marking({ assessment, lines, again }: Loaded & { readonly again: () => void }) {
  // The order stays while one marks: nothing jumps because it has become ready.
  const order = useRef<readonly string[]>([]);
  const queue = useMemo(() => {
    const fresh = queued(lines, locale());
    const known = order.current.flatMap((id) => fresh.find((line) => line.id === id) ?? []);
    const all = [...known, ...fresh.filter(({ id }) => !order.current.includes(id))];
    order.current = all.map(({ id }) => id);
    return all;
  }, [lines]);
  const waiting = queue.filter(({ to_mark }) => to_mark > 0).length;
  return (
    <>
      <ExamHead id={assessment.id} courseId={assessment.course_id} title={assessment.title} state={assessment.state}>
        <span class="sm mut">{t("marking.progress", { waiting, done: queue.length - waiting })}</span>
        <ReleaseButton assessmentId={assessment.id} ready={queue.length - waiting} waiting={waiting} onReleased={again} />
      </ExamHead>
      {queue.length === 0 ? (
        <section class="card">
          <Empty icon="pen" title={t("marking.none")}>
            <p>{t("marking.noneDo")}</p>
          </Empty>
        </section>
      ) : (
        <Table queue={queue} again={again} />
      )}
    </>
  );
}

export function MarkingPage({ assessmentId }: { readonly assessmentId: string }) {
  const loading = useLoading(async (signal): Promise<Loaded> => {
    const [{ data: assessment }, lines] = await Promise.all([assessments.get(assessmentId, signal), marking.attempts(assessmentId, signal)]);
    return { assessment, lines };
  }, [assessmentId]);
  return (
    <Frame title={t("assessment.marking")}>
      <Ready of={loading} lines={10}>
        {(loaded) => <Marking {...loaded} again={loading.again} />}
      </Ready>
    </Frame>
  );
}
