/** One attempt on the desk: the answer in the middle, its marks beside it. */
import { useRef, useState } from "preact/hooks";
import { drop, keep, kept } from "../../core/drafts";
import { Refused } from "../../core/errors";
import { me } from "../../core/session";
import { marking } from "../../core/teaching";
import { t } from "../../i18n";
import type { ItemResult, Mark, Script } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Segments } from "../../ui/form";
import { Prose } from "../../ui/prose";
import { Question, Verdict } from "../../ui/question";
import { Empty } from "../../ui/states";
import { say } from "../words";
import { Files } from "./files";
import { useKeys } from "./keys";
import { LateDecision } from "./late";
import { Panel, type Saving } from "./panel";
import { byHand, draftOf, earned, isSame, markOf, nextOpen, roundFor, rubricOf, type Draft } from "./queue";

interface Props {
  readonly script: Script;
  /** Where the marker begins: at the first item, or at the last when they came back. */
  readonly fromEnd: boolean;
  readonly onMarked: (mark: Mark) => void;
  readonly onBeside: (step: 1 | -1) => void;
  readonly again: () => void;
}

/** The draft of one item and round, kept in this browser until the school has it. */
function useMark(script: Script, item: ItemResult, round: 1 | 2, onMarked: (mark: Mark) => void) {
  const attempt = script.attempt.id;
  const name = `mark.${attempt}.${item.item.id}.${round}`;
  const mark = markOf(script, item.item.id, round);
  const [draft, setDraft] = useState<Draft>(() => kept<Draft>(name) ?? draftOf(mark));
  const [version, setVersion] = useState(mark?.version ?? 0);
  const [saving, setSaving] = useState<Saving>(() => (mark ? { is: "saved", at: mark.at } : { is: "idle" }));
  const changed = !isSame(draft, draftOf(mark));
  const write = (next: Draft) => {
    setDraft(next);
    keep(name, next);
    setSaving({ is: "changed" });
  };
  const save = async (): Promise<boolean> => {
    if (!changed && mark) return true;
    const worth = earned(item, draft);
    if (worth === null) {
      setSaving({ is: "failed", says: t(rubricOf(item).length > 0 ? "marking.levelsMissing" : "marking.pointsFault", { possible: item.possible_milli / 1000 }) });
      return false;
    }
    setSaving({ is: "saving" });
    const given = rubricOf(item).length > 0 ? { criteria: draft.criteria } : { earned_milli: worth };
    try {
      const saved = await marking.mark(attempt, item.item.id, { round, version, comment: draft.comment.trim(), ...given });
      drop(name);
      setVersion(saved.version);
      setSaving({ is: "saved", at: saved.at });
      onMarked(saved);
      return true;
    } catch (error) {
      setSaving({ is: "failed", says: say(error) });
      // Somebody marked it meanwhile: the words stay, the next save is on top of theirs.
      if (error instanceof Refused && (error.code === "stale" || error.status === 409))
        setVersion(markOf(await marking.script(attempt), item.item.id, round)?.version ?? version);
      return false;
    }
  };
  return { draft, write, save, saving, changed };
}

function Answer({ item, script }: { readonly item: ItemResult; readonly script: Script }) {
  if (item.item.kind === "file_upload") return <Files item={item} script={script} />;
  if (typeof item.value !== "string" || item.value.trim() === "") return <p class="mut">{t("marking.noAnswer")}</p>;
  return (
    <div class="essay-answer" dir="auto">
      {item.value}
    </div>
  );
}

/** What else the learner answered, for who wants the whole picture. */
function Others({ script, but }: { readonly script: Script; readonly but: string }) {
  const others = script.items.filter(({ item }) => item.id !== but);
  const [open, setOpen] = useState(false);
  if (others.length === 0) return null;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("marking.others", { count: others.length })}</summary>
      {open && (
        <ol class="stack others">
          {others.map((one) => (
            <li key={one.item.id} class="card">
              <div class="row w">
                <span class="sp sm mut">{t(`bank.kind.${one.item.kind}`)}</span>
                {one.correct !== null && <Verdict correct={one.correct} />}
                {one.earned_milli !== null && <span class="num sm">{t("marking.of", { earned: one.earned_milli / 1000, possible: one.possible_milli / 1000 })}</span>}
              </div>
              <Question kind={one.item.kind} content={one.item.content} pictures={script.pictures} value={one.value} name={`other-${one.item.id}`} review={{ key: one.key, correct: one.correct }} />
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}

interface OneProps extends Props {
  readonly item: ItemResult;
  readonly place: number;
  readonly count: number;
  readonly round: 1 | 2;
  readonly onRound: (round: 1 | 2) => void;
  readonly onStep: (step: 1 | -1) => void;
}

function One({ script, item, place, count, round, onRound, onStep, onMarked, again }: OneProps) {
  const { draft, write, save, saving } = useMark(script, item, round, onMarked);
  const rubric = rubricOf(item);
  const [criterion, setCriterion] = useState(() => (rubric.length > 0 ? nextOpen(rubric, draft.criteria, -1) : 0));
  const panel = useRef<HTMLFormElement>(null);
  const level = (at: number, chosen: number) => {
    const of = rubric[at];
    if (!of || !of.levels[chosen]) return;
    const criteria = { ...draft.criteria, [of.id]: chosen };
    write({ ...draft, criteria });
    setCriterion(nextOpen(rubric, criteria, at));
  };
  const saveAndNext = async () => {
    if (saving.is !== "saving" && (await save())) onStep(1);
  };
  const field = (name: string) => panel.current?.querySelector<HTMLElement>(`[data-field="${name}"]`)?.focus();
  useKeys({
    level: (at) => (rubric.length > 0 ? level(criterion, at) : field("points")),
    criterion: (step) => setCriterion((old) => Math.max(0, Math.min(rubric.length - 1, old + step))),
    beside: onStep,
    save: () => void saveAndNext(),
    field,
  });
  return (
    <>
      <article class="mark-work stack" aria-label={t("marking.answer")}>
        <div class="row w">
          <h2 class="sp">
            <bdi>{script.attempt.name}</bdi>
          </h2>
          {script.attempt.late && <span class="badge warn">{t("board.late")}</span>}
          {script.differ.includes(item.item.id) && <span class="badge warn">{t("marking.apart")}</span>}
          {count > 1 && <span class="sm mut">{t("marking.place", { place: place + 1, count })}</span>}
          {script.second_round && (
            <Segments
              label={t("marking.round")}
              options={[
                { value: "1", label: t("marking.first") },
                { value: "2", label: t("marking.second") },
              ]}
              value={round === 1 ? "1" : "2"}
              onValue={(value) => onRound(value === "1" ? 1 : 2)}
            />
          )}
        </div>
        <LateDecision of={script.attempt} onDecided={again} />
        <section class="card asked" aria-label={t("marking.asked")}>
          <Prose text={item.item.content.prompt} pictures={script.pictures} />
        </section>
        <section class="card" aria-label={t("marking.answer")}>
          <Answer item={item} script={script} />
        </section>
        <Others script={script} but={item.item.id} />
      </article>
      <aside class="mark-aside">
        <Panel
          item={item}
          draft={draft}
          round={round}
          other={round === 2 ? markOf(script, item.item.id, 1) : null}
          criterion={criterion}
          saving={saving}
          root={panel}
          onDraft={write}
          onLevel={level}
          onSave={() => void saveAndNext()}
        />
      </aside>
    </>
  );
}

function Nothing({ script, onBeside, again }: Props) {
  useKeys({ level: () => {}, criterion: () => {}, beside: onBeside, save: () => onBeside(1), field: () => {} });
  return (
    <article class="mark-work stack">
      <h2>
        <bdi>{script.attempt.name}</bdi>
      </h2>
      <LateDecision of={script.attempt} onDecided={again} />
      <section class="card">
        <Empty icon="ok" title={t("marking.nothingByHand")}>
          <Button onClick={() => onBeside(1)}>{t("marking.next")}</Button>
        </Empty>
      </section>
      <Others script={script} but="" />
    </article>
  );
}

export function Desk(props: Props) {
  const { script, fromEnd, onBeside } = props;
  const items = byHand(script);
  const [place, setPlace] = useState(fromEnd ? Math.max(0, items.length - 1) : 0);
  const item = items[place];
  const [chosen, setChosen] = useState<{ readonly item: string; readonly round: 1 | 2 } | null>(null);
  if (!item) return <Nothing {...props} />;
  const id = item.item.id;
  const round = chosen?.item === id ? chosen.round : roundFor(script, id, me.value?.user.id ?? "");
  const step = (by: 1 | -1) => {
    if (items[place + by]) setPlace(place + by);
    else onBeside(by);
  };
  return <One key={`${id} ${round}`} {...props} item={item} place={place} count={items.length} round={round} onRound={(to) => setChosen({ item: id, round: to })} onStep={step} />;
}
