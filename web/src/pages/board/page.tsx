/** The live board of an exam: who is where now, those who may need help first. */
import { useState } from "preact/hooks";
import { spell } from "../../core/clock";
import { Refused } from "../../core/errors";
import { exams } from "../../core/exams";
import { assessments } from "../../core/teaching";
import { locale, region, t } from "../../i18n";
import type { AssessmentState, Board, BoardRow, LiveState } from "../../protocol/api";
import { Avatar } from "../../ui/avatar";
import { Button } from "../../ui/button";
import { Segments } from "../../ui/form";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Empty, Trouble, Waiting } from "../../ui/states";
import { ExamHead } from "../assessment/head";
import { Frame } from "../frame";
import { Ready, useLoading } from "../loading";
import { referenceOf, say } from "../words";
import { ExtendDialog } from "./extend";
import { useBoard, type Look } from "./look";
import { ageMs, counts, lastEnd, leftMs, ordered, STATES, type Counts, type Order } from "./rows";
import "./board.css";

const LOOKS: Readonly<Record<LiveState, { readonly badge: string; readonly icon: IconName }>> = {
  lost_link: { badge: "badge dang", icon: "wifi-off" },
  idle: { badge: "badge warn", icon: "clock" },
  started: { badge: "badge", icon: "door" },
  answering: { badge: "badge live", icon: "pen" },
  not_started: { badge: "badge", icon: "user" },
  submitted: { badge: "badge ok", icon: "check" },
};

interface Watched {
  readonly id: string;
  readonly course_id: string;
  readonly title: string;
  readonly state: AssessmentState;
  /** Whether this person may change anything about it. */
  readonly runs: boolean;
}

/** Older than this and the page says so loudly. */
const STALE_MS = 10_000;
const SOON_MS = 5 * 60_000;

function Tiles({ of, chosen, onChosen }: { readonly of: Counts; readonly chosen: LiveState | null; readonly onChosen: (state: LiveState | null) => void }) {
  return (
    <div class="board-tiles" role="group" aria-label={t("board.counts")}>
      {STATES.map((state) => (
        <button key={state} type="button" class={`board-tile ${state}`} data-count={of[state]} aria-pressed={chosen === state} onClick={() => onChosen(chosen === state ? null : state)}>
          <b class="num">{t("common.number", { value: of[state] })}</b>
          <span>
            <Icon name={LOOKS[state].icon} class="s" />
            {t(`board.state.${state}`)}
          </span>
        </button>
      ))}
    </div>
  );
}

/** What the state means for this learner, in a few words. */
function note(row: BoardRow, nowMs: number): string {
  const seen = ageMs(row.seen_at, nowMs);
  const answered = ageMs(row.answered_at, nowMs);
  if (row.live === "submitted") return row.submitted_at ? t("board.at", { at: row.submitted_at }) : "";
  if (row.live === "lost_link" && seen !== null) return t("board.seen", { ago: spell(seen, region()) });
  if (answered !== null && row.live !== "not_started") return t("board.answered", { ago: spell(answered, region()) });
  return row.started_at ? t("board.startedAt", { at: row.started_at }) : "";
}

function Row({ row, nowMs }: { readonly row: BoardRow; readonly nowMs: number }) {
  const left = row.live === "submitted" || row.live === "not_started" ? null : leftMs(row, nowMs);
  const { badge, icon } = LOOKS[row.live];
  return (
    <tr data-live={row.live}>
      <th scope="row">
        <span class="row">
          <Avatar name={row.name} small />
          <bdi class="wrapany">{row.name}</bdi>
        </span>
      </th>
      <td class="board-state">
        <span class={badge}>
          <Icon name={icon} class="s" />
          {t(`board.state.${row.live}`)}
        </span>
        {row.late && <span class="badge warn">{t("board.late")}</span>}
        {row.opening > 1 && row.live !== "submitted" && <span class="badge">{t("board.openings", { count: row.opening })}</span>}
      </td>
      <td class="board-note sm mut">{note(row, nowMs)}</td>
      <td class="r board-answered">
        <span class="bar" aria-hidden="true">
          <i ref={(bar) => bar?.style.setProperty("inline-size", `${row.asked > 0 ? Math.round((row.answered / row.asked) * 100) : 0}%`)} />
        </span>
        <span class="num">{t("board.of", { answered: row.answered, asked: row.asked })}</span>
      </td>
      <td class={left !== null && left < SOON_MS ? "r num b c-warn" : "r num"}>
        {left !== null && (
          <>
            <span class="sr">{t("board.left")} </span>
            <bdi dir="ltr">{spell(left, region())}</bdi>
          </>
        )}
      </td>
    </tr>
  );
}

function Age({ look, board }: { readonly look: Look; readonly board: Board }) {
  const stale = look.ageMs > STALE_MS;
  return (
    <p class={stale ? "row sm c-danger" : "sm mut"} data-testid="board-age">
      {stale && <Icon name="alert" class="s" />}
      {t(stale ? "board.stale" : "board.fresh", { seconds: Math.round(look.ageMs / 1000) })}
      {!board.links_known && ` ${t("board.linksUnknown")}`}
      {look.error !== undefined && ` ${say(look.error)}`}
    </p>
  );
}

function Rows({ look, board, exam }: { readonly look: Look; readonly board: Board; readonly exam: Watched }) {
  const [order, setOrder] = useState<Order>("need");
  const [only, setOnly] = useState<LiveState | null>(null);
  const [extending, setExtending] = useState(false);
  const rows = ordered(board.rows, order, locale()).filter(({ live }) => only === null || live === only);
  const end = lastEnd(board.rows);
  return (
    <>
      <Tiles of={counts(board.rows)} chosen={only} onChosen={setOnly} />
      <div class="row w board-bar">
        <Segments
          label={t("board.order")}
          options={[
            { value: "need", label: t("board.byNeed") },
            { value: "name", label: t("board.byName") },
          ]}
          value={order}
          onValue={setOrder}
        />
        <div class="sp">
          <Age look={look} board={board} />
          {end !== null && <p class="sm mut">{t("board.ends", { at: end })}</p>}
        </div>
        {exam.runs && (
          <Button icon="clock" onClick={() => setExtending(true)}>
            {t("board.extend")}
          </Button>
        )}
      </div>
      <section class="card board-card" aria-label={t("assessment.board")}>
        {board.rows.length === 0 ? (
          <Empty icon="people" title={t("board.nobody")}>
            <p>{t("board.nobodyDo")}</p>
          </Empty>
        ) : (
          <table class="tbl board">
            <caption class="sr">{t("assessment.board")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("assessment.learner")}</th>
                <th scope="col">{t("board.where")}</th>
                <th scope="col">
                  <span class="sr">{t("board.last")}</span>
                </th>
                <th scope="col" class="r">
                  {t("board.answers")}
                </th>
                <th scope="col" class="r">
                  {t("board.left")}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.user_id} row={row} nowMs={look.nowMs} />
              ))}
            </tbody>
          </table>
        )}
      </section>
      {extending && <ExtendDialog assessmentId={exam.id} nowMs={look.nowMs} onDone={look.again} onClose={() => setExtending(false)} />}
    </>
  );
}

function Live({ exam }: { readonly exam: Watched }) {
  const look = useBoard(exam.id);
  if (look.board) return <Rows look={look} board={look.board} exam={exam} />;
  if (look.error === undefined) return <Waiting lines={8} />;
  return <Trouble says={say(look.error)} reference={referenceOf(look.error)} onRetry={look.again} />;
}

/** What the board says of its exam. A proctor watches it and does not run it. */
async function watched(id: string, signal: AbortSignal): Promise<Watched> {
  try {
    return { ...(await assessments.get(id, signal)).data, runs: true };
  } catch (error) {
    if (!(error instanceof Refused && error.status === 403)) throw error;
    return { ...(await exams.mine(id, null, signal)), runs: false };
  }
}

export function BoardPage({ assessmentId }: { readonly assessmentId: string }) {
  const loading = useLoading((signal) => watched(assessmentId, signal), [assessmentId]);
  return (
    <Frame title={t("assessment.board")}>
      <Ready of={loading} lines={8}>
        {(exam) => (
          <>
            <ExamHead id={exam.id} courseId={exam.course_id} title={exam.title} state={exam.state} runs={exam.runs} />
            <Live exam={exam} />
          </>
        )}
      </Ready>
    </Frame>
  );
}
