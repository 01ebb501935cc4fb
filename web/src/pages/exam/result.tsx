/** The result of an attempt, as far as it may be seen. */
import { exams } from "../../core/exams";
import { t } from "../../i18n";
import type { ItemResult, Result } from "../../protocol/api";
import { ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Prose } from "../../ui/prose";
import { Question, Verdict } from "../../ui/question";
import { Empty } from "../../ui/states";
import { Frame } from "../frame";
import { Ready, useLoading, useRepeating } from "../loading";
import { about } from "./files";
import "./start.css";

const REPEAT_MS = 30_000;
const files = { about, send: () => Promise.reject(new Error("A result takes no files.")) };

function points(milli: number): number {
  return milli / 1000;
}

function Item({ of, place, pictures }: { readonly of: ItemResult; readonly place: number; readonly pictures: Result["pictures"] }) {
  return (
    <li class="result-item" data-testid="result-item">
      <header>
        <h2>{t("exam.question", { number: place + 1 })}</h2>
        {of.correct !== null && <Verdict correct={of.correct} inPart={(of.earned_milli ?? 0) > 0} />}
        {of.earned_milli !== null && (
          <span class="badge num">{t("exam.pointsOf", { earned: points(of.earned_milli), possible: points(of.possible_milli) })}</span>
        )}
      </header>
      <Question
        kind={of.item.kind}
        content={of.item.content}
        pictures={pictures}
        value={of.value}
        files={files}
        review={{ key: of.key, correct: of.correct }}
        name={`r-${of.item.id}`}
      />
      {of.reason === "recalled" && <p class="banner acc round">{t("exam.recalled")}</p>}
      {of.comment && (
        <section class="explanation">
          <b>{t("exam.comment")}</b>
          <Prose text={of.comment} />
        </section>
      )}
    </li>
  );
}

function Whole({ of }: { readonly of: Result }) {
  const { earned_milli: earned, possible_milli: possible } = of;
  return (
    <>
      <a class="crumb" href={`/exams/${of.assessment_id}`}>
        <Icon name="left" class="s mir" />
        {t("exam.toStart")}
      </a>
      <h1 class="wrapany">
        <bdi>{of.title}</bdi>
      </h1>
      {!of.released ? (
        <Empty icon="clock" title={t("exam.notReleased")}>
          <p>{t("exam.notReleasedText")}</p>
        </Empty>
      ) : (
        <div class="stack exam-start">
          {earned !== null && possible !== null && (
            <div class="score" data-testid="result-score">
              <b>{t("exam.pointsOf", { earned: points(earned), possible: points(possible) })}</b>
              {possible > 0 && <span class="mut num">{t("exam.share", { share: earned / possible })}</span>}
              {of.letter && <span class="badge acc">{of.letter}</span>}
              {of.late && <span class="badge warn">{t("exam.late")}</span>}
            </div>
          )}
          <ol class="stack">
            {of.items.map((item, place) => (
              <Item key={item.item.id} of={item} place={place} pictures={of.pictures} />
            ))}
          </ol>
          <div class="row">
            <ButtonLink href={`/exams/${of.assessment_id}`}>{t("exam.toStart")}</ButtonLink>
          </div>
        </div>
      )}
    </>
  );
}

export function ResultPage({ attemptId }: { readonly assessmentId: string; readonly attemptId: string }) {
  const loading = useLoading((signal) => exams.result(attemptId, signal), [attemptId]);
  useRepeating(loading.again, REPEAT_MS);
  return (
    <Frame title={t("exam.result")} narrow>
      <Ready of={loading} lines={8}>
        {(of) => <Whole of={of} />}
      </Ready>
    </Frame>
  );
}
