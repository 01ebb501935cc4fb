/** The gradebook as a table whose first column stays, and as cards on phones. */
import { t } from "../../i18n";
import type { Gradebook, GradebookColumn, GradebookRow } from "../../protocol/api";
import { Avatar } from "../../ui/avatar";
import { Icon } from "../../ui/icon";
import { categoryOf, cellOf, median, weightShare, type Order, type Unit } from "./cells";
import { Figure, Share } from "./figure";

interface Props {
  readonly book: Gradebook;
  readonly rows: readonly GradebookRow[];
  readonly unit: Unit;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

/** What a column is out of, and what it counts for. */
function about(book: Gradebook, column: GradebookColumn): string {
  const share = weightShare(book.settings, column.category);
  const parts = [
    column.possible_milli !== null && t("gradebook.outOf", { points: column.possible_milli / 1000 }),
    categoryOf(book.settings, column),
    share !== null && t("gradebook.percent", { share }),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** Released as a whole, or one by one as the scores come. */
function isReleased(book: Gradebook, column: GradebookColumn): boolean {
  return column.released || book.rows.some((row) => cellOf(row, column)?.released);
}

function Heads({ book, order, onOrder }: Omit<Props, "rows" | "unit">) {
  const sort = (by: Order, label: string) => (
    <button type="button" class="sorter" onClick={() => onOrder(by)}>
      {label}
      {order === by && <Icon name={by === "name" ? "up" : "down"} class="s" />}
    </button>
  );
  return (
    <tr>
      <th scope="col" class="first" aria-sort={order === "name" ? "ascending" : undefined}>
        {sort("name", t("assessment.learner"))}
      </th>
      {book.columns.map((column) => (
        <th key={column.assessment_id} scope="col" class="r">
          <a href={`/assessments/${column.assessment_id}/marking`} class="column-title" dir="auto" title={column.title}>
            {column.title}
          </a>
          <span class="xs dim">{about(book, column)}</span>
          {!isReleased(book, column) && <span class="xs c-warn">{t("gradebook.notReleased")}</span>}
        </th>
      ))}
      <th scope="col" class="r last" aria-sort={order === "share" ? "descending" : undefined}>
        {sort("share", t("gradebook.soFar"))}
      </th>
    </tr>
  );
}

function Median({ book, unit }: Pick<Props, "book" | "unit">) {
  return (
    <tr class="median">
      <th scope="row" class="first">
        {t("gradebook.median")}
      </th>
      {book.columns.map((column) => {
        const value = median(book, column, unit);
        return (
          <td key={column.assessment_id} class="r">
            {value === null ? t("gradebook.nothing") : unit === "points" ? t("common.number", { value }) : t("gradebook.percent", { share: value })}
          </td>
        );
      })}
      <td class="r last">{t("gradebook.nothing")}</td>
    </tr>
  );
}

export function Table({ book, rows, unit, order, onOrder }: Props) {
  return (
    <div class="gb dk" tabIndex={0} role="region" aria-label={t("gradebook.title")}>
      <table class="tbl">
        <caption class="sr">{t("gradebook.title")}</caption>
        <thead>
          <Heads book={book} order={order} onOrder={onOrder} />
        </thead>
        <tbody>
          <Median book={book} unit={unit} />
          {rows.map((row) => (
            <tr key={row.user_id}>
              <th scope="row" class="first">
                <span class="row">
                  <Avatar name={row.name} small />
                  <bdi class="clip" title={row.name}>
                    {row.name}
                  </bdi>
                </span>
              </th>
              {book.columns.map((column) => {
                const cell = cellOf(row, column);
                const figure = <Figure cell={cell} unit={unit} />;
                return (
                  <td key={column.assessment_id} class="r">
                    {cell?.attempt_id && cell.state !== "open" && cell.state !== "none" ? (
                      <a href={`/assessments/${column.assessment_id}/marking?attempt=${cell.attempt_id}`} aria-label={t("gradebook.openAttempt", { name: row.name, title: column.title })}>
                        {figure}
                      </a>
                    ) : (
                      figure
                    )}
                  </td>
                );
              })}
              <td class="r b last">
                <Share share={row.share} letter={row.letter} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One learner's exams, one a line. */
export function Lines({ book, row, unit, wayTo }: { readonly book: Gradebook; readonly row: GradebookRow; readonly unit: Unit; readonly wayTo: (column: GradebookColumn, attempt: string) => string }) {
  return (
    <ul class="list book-lines">
      {book.columns.map((column) => {
        const cell = cellOf(row, column);
        const open = cell?.attempt_id && cell.state !== "none";
        return (
          <li key={column.assessment_id}>
            <span class="g">
              {open ? (
                <a href={wayTo(column, cell.attempt_id ?? "")}>
                  <bdi>{column.title}</bdi>
                </a>
              ) : (
                <bdi>{column.title}</bdi>
              )}
              <br />
              <span class="xs mut">{about(book, column)}</span>
            </span>
            <span class="num">
              <Figure cell={cell} unit={unit} inWords />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

export function Cards({ book, rows, unit }: Pick<Props, "book" | "rows" | "unit">) {
  return (
    <ul class="book-cards ph fx">
      {rows.map((row) => (
        <li key={row.user_id}>
          <details class="card">
            <summary>
              <Avatar name={row.name} small />
              <bdi class="sp wrapany">{row.name}</bdi>
              <b class="num">
                <Share share={row.share} letter={row.letter} />
              </b>
            </summary>
            <Lines book={book} row={row} unit={unit} wayTo={(column, attempt) => `/assessments/${column.assessment_id}/marking?attempt=${attempt}`} />
          </details>
        </li>
      ))}
    </ul>
  );
}
