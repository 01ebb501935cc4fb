/** What an edit changed, to be read: words that were taken away and added are marked, and named for who does not see the marks. */
import { region, t } from "../../i18n";
import type { FirstLook, QuestionKind, Review, ReviewEdit } from "../../protocol/api";
import { changesOf, wordsOf, type Change } from "./changes";

interface Props {
  readonly kind: QuestionKind;
  readonly before: ReviewEdit;
  readonly after: ReviewEdit;
  readonly language: string;
}

function Words({ of, language }: { readonly of: Change; readonly language: string }) {
  return (
    <dd dir="auto" lang={language}>
      {wordsOf(of.before, of.after).map(({ is, text }, at) => {
        if (is === "same") return <span key={at}>{text}</span>;
        const Mark = is;
        return (
          <Mark key={at}>
            <bdi class="sr" lang={region()}>
              {t(`factory.${is}`)}{" "}
            </bdi>
            {text}
          </Mark>
        );
      })}
    </dd>
  );
}

export function Changes({ kind, before, after, language }: Props) {
  const changes = changesOf(kind, before, after, t);
  if (changes.length === 0) return <p class="sm mut">{t("factory.noChanges")}</p>;
  return (
    <dl class="changes">
      {changes.map((change) => (
        <div key={`${change.label} ${change.number} ${change.before}`}>
          <dt class="sm mut">{t(change.label, { number: change.number })}</dt>
          <Words of={change} language={language} />
        </div>
      ))}
    </dl>
  );
}

/** While it is edited: what saving will change. */
export function Live(props: Props) {
  return (
    <section class="card review-diff" aria-label={t("factory.changes")} data-testid="changes">
      <header>
        <h3>{t("factory.changes")}</h3>
      </header>
      <Changes {...props} />
    </section>
  );
}

/** An item in the shape that an edit has. */
export function editOf({ line, content, key, skills, difficulty }: Review): ReviewEdit {
  return { title: line.title, level: line.level, content, key, skills, difficulty };
}

/** Who looked at it first, what was decided, and what that changed. */
export function First({ of, look }: { readonly of: Review; readonly look: FirstLook }) {
  return (
    <section class="card review-diff" aria-label={t("factory.firstLook")} data-testid="first-look">
      <header>
        <h3>{t("factory.firstLook")}</h3>
      </header>
      <p class="sm">
        <bdi class="b">{look.name}</bdi> <span>{t(look.before ? "factory.firstEdited" : "factory.firstAccepted")}</span>{" "}
        <span class="mut">{t("bank.writtenAt", { at: look.decided_at })}</span>
      </p>
      {look.before && <Changes kind={of.line.kind} before={look.before} after={editOf(of)} language={of.line.language} />}
    </section>
  );
}
