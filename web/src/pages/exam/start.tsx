/** Before the exam: what it is, what holds, and the one button that begins it. */
import { useEffect, useState } from "preact/hooks";
import { exams } from "../../core/exams";
import { go } from "../../core/location";
import { t } from "../../i18n";
import type { AssessmentForMe, MyAttempt } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { TextField } from "../../ui/form";
import { Icon } from "../../ui/icon";
import { Prose } from "../../ui/prose";
import { Frame } from "../frame";
import { Ready, useLoading, useRepeating } from "../loading";
import { useSubmitting } from "../submitting";
import { begin } from "./open";
import { makeReady } from "./ready";
import "./start.css";

const REPEAT_MS = 20_000;

export function attemptAddress(assessment: string, attempt: string): string {
  return `/exams/${assessment}/attempts/${attempt}`;
}

function Facts({ of }: { readonly of: AssessmentForMe }) {
  const used = of.attempts.filter(({ state }) => state !== "ready").length;
  return (
    <dl class="facts">
      <div>
        <dt>{t("exam.factItems")}</dt>
        <dd>{t("exam.items", { count: of.items })}</dd>
      </div>
      <div>
        <dt>{t("exam.factTime")}</dt>
        <dd>{of.time_limit_minutes === null ? t("exam.noLimit") : t("exam.minutes", { minutes: of.time_limit_minutes })}</dd>
      </div>
      <div>
        <dt>{t("exam.factTries")}</dt>
        <dd>{t("exam.triesLeft", { left: Math.max(0, of.attempts_allowed - used), all: of.attempts_allowed })}</dd>
      </div>
      {of.opens_at !== null && (
        <div>
          <dt>{t("exam.factOpens")}</dt>
          <dd>{t("exam.moment", { day: of.opens_at, time: of.opens_at })}</dd>
        </div>
      )}
      {of.closes_at !== null && (
        <div>
          <dt>{t("exam.factCloses")}</dt>
          <dd>{t("exam.moment", { day: of.closes_at, time: of.closes_at })}</dd>
        </div>
      )}
    </dl>
  );
}

function Rules({ of }: { readonly of: AssessmentForMe }) {
  return (
    <ul class="rules">
      <li>
        <Icon name="saved" />
        {t("exam.ruleSaved")}
      </li>
      <li>
        <Icon name="wifi-off" />
        {t("exam.ruleOffline")}
      </li>
      <li>
        <Icon name="clock" />
        <span>
          {t(of.time_limit_minutes === null ? "exam.ruleNoLimit" : "exam.ruleTime")} {t(`exam.late_${of.late_policy}`)}
        </span>
      </li>
      <li>
        <Icon name="monitor" />
        {t("exam.ruleDevices")}
      </li>
      <li>
        <Icon name="ok" />
        {t(`exam.release_${of.release}`)}
      </li>
    </ul>
  );
}

function Line({ of, assessment }: { readonly of: MyAttempt; readonly assessment: string }) {
  const address = attemptAddress(assessment, of.id);
  return (
    <li>
      <span class="g">
        {t("exam.attemptNumber", { number: of.number })}
        <br />
        <span class="sm mut">
          {of.submitted_at === null ? t(`exam.state_${of.state}`) : t("exam.handedInAt", { day: of.submitted_at, time: of.submitted_at })}
          {" · "}
          {t("exam.answeredOf", { answered: of.answered, asked: of.asked })}
        </span>
      </span>
      {of.state !== "open" && (
        <ButtonLink size="s" href={address}>
          {t("exam.receipt")}
        </ButtonLink>
      )}
      {of.released && (
        <ButtonLink size="s" look="primary" href={`${address}/result`}>
          {t("exam.result")}
        </ButtonLink>
      )}
    </li>
  );
}

/** What beginning now means for the time. */
function hint(of: AssessmentForMe): string {
  if (of.time_limit_minutes === null) return t("exam.beginHint");
  const minutes = of.closes_at === null ? Infinity : Math.floor((Date.parse(of.closes_at) - Date.parse(of.server_time)) / 60_000);
  return minutes < of.time_limit_minutes ? t("exam.beginHintLess", { time: of.closes_at ?? of.server_time, minutes }) : t("exam.beginHintTime");
}

/** Why it cannot be begun now; null: it can. */
function bar(of: AssessmentForMe, left: number): string | null {
  const now = Date.parse(of.server_time);
  if (of.state !== "published") return t("exam.notOpenAtAll");
  if (of.opens_at !== null && Date.parse(of.opens_at) > now) return t("exam.opensLater", { day: of.opens_at, time: of.opens_at });
  if (of.closes_at !== null && Date.parse(of.closes_at) <= now) return t("exam.closed", { day: of.closes_at, time: of.closes_at });
  return left <= 0 ? t("exam.noTriesLeft") : null;
}

function Begin({ of }: { readonly of: AssessmentForMe }) {
  const [password, setPassword] = useState("");
  const { busy, fault, submit } = useSubmitting();
  const open = of.attempts.find(({ state }) => state === "open");
  const used = of.attempts.filter(({ state }) => state !== "ready").length;
  const why = open ? null : bar(of, of.attempts_allowed - used);
  if (why !== null)
    return (
      <p class="banner round" role="status" data-testid="exam-bar">
        <Icon name="clock" />
        {why}
      </p>
    );
  const start = async () => {
    await makeReady();
    const id = await begin(of.id, password);
    go(attemptAddress(of.id, id));
  };
  return (
    <form
      class="col begin"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(start);
      }}
    >
      {of.needs_password && !open && (
        <TextField
          label={t("exam.password")}
          hint={t("exam.passwordHint")}
          value={password}
          onValue={setPassword}
          autocomplete="off"
          required
          data-testid="exam-password"
        />
      )}
      {fault && (
        <p class="err" role="alert">
          <Icon name="alert" class="s" />
          {fault}
        </p>
      )}
      <div class="row w">
        <Button type="submit" look="primary" size="lg" busy={busy} data-testid="exam-begin">
          {t(open ? "exam.goOn" : "exam.begin")}
        </Button>
        <span class="sm mut">{open ? t("exam.goOnHint", { time: open.ends_at ?? of.server_time }) : hint(of)}</span>
      </div>
    </form>
  );
}

function Past({ of }: { readonly of: AssessmentForMe }) {
  const past = of.attempts.filter(({ state }) => state !== "ready" && state !== "open");
  if (past.length === 0) return null;
  return (
    <section class="card" aria-labelledby="exam-past">
      <header>
        <h2 id="exam-past">{t("exam.past")}</h2>
      </header>
      <ul class="list">
        {past.map((one) => (
          <Line key={one.id} of={one} assessment={of.id} />
        ))}
      </ul>
    </section>
  );
}

function RulesCard({ of }: { readonly of: AssessmentForMe }) {
  return (
    <section class="card" aria-labelledby="exam-rules">
      <header>
        <h2 id="exam-rules">{t("exam.rules")}</h2>
      </header>
      <Rules of={of} />
    </section>
  );
}

function Whole({ of }: { readonly of: AssessmentForMe }) {
  // Whose time runs wants the way back in, not the rules.
  const isOpen = of.attempts.some(({ state }) => state === "open");
  const isOver = of.attempts.filter(({ state }) => state !== "ready" && state !== "open").length >= of.attempts_allowed;
  return (
    <>
      <a class="crumb" href={`/courses/${of.course_id}`}>
        <Icon name="left" class="s mir" />
        <bdi>{of.course_title}</bdi>
      </a>
      <h1 class="wrapany">
        <bdi>{of.title}</bdi>
      </h1>
      <div class="stack exam-start">
        {of.text && <Prose text={of.text} />}
        <Facts of={of} />
        {isOpen && <Begin of={of} />}
        {!isOver && <RulesCard of={of} />}
        {!isOpen && <Begin of={of} />}
        <Past of={of} />
      </div>
    </>
  );
}

export function ExamStartPage({ assessmentId }: { readonly assessmentId: string }) {
  const loading = useLoading((signal) => exams.mine(assessmentId, null, signal), [assessmentId]);
  useRepeating(loading.again, REPEAT_MS);
  useEffect(() => {
    // What the exam needs comes while the rules are read.
    void makeReady();
  }, []);
  return (
    <Frame title={loading.now.is === "ready" ? loading.now.value.title : t("exam.exam")} narrow>
      <Ready of={loading} lines={8}>
        {(of) => <Whole of={of} />}
      </Ready>
    </Frame>
  );
}
