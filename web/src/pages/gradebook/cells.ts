/** What a cell of the gradebook says, and what a column is like; pure. */
import type { Gradebook, GradebookCell, GradebookColumn, GradebookRow, GradebookSettings } from "../../protocol/api";

export type Unit = "points" | "percent";

/** What stands in a cell: a figure, or why there is none. */
export type Said = { readonly is: "figure"; readonly value: number } | { readonly is: "none" | "open" | "submitted" | "marking" };

export function said(cell: GradebookCell | undefined, unit: Unit): Said {
  if (!cell || cell.state === "none") return { is: "none" };
  if (cell.earned_milli === null) return { is: cell.state === "graded" ? "submitted" : cell.state };
  if (unit === "points") return { is: "figure", value: cell.earned_milli / 1000 };
  return { is: "figure", value: cell.possible_milli ? cell.earned_milli / cell.possible_milli : 0 };
}

export function cellOf(row: GradebookRow, column: GradebookColumn): GradebookCell | undefined {
  return row.cells.find(({ assessment_id }) => assessment_id === column.assessment_id);
}

export function categoryOf(settings: GradebookSettings, column: GradebookColumn): string {
  return settings.categories?.find(({ id }) => id === column.category)?.title ?? "";
}

/** The middle of a column; of two, halfway. Null while it has no figure. */
export function median(book: Gradebook, column: GradebookColumn, unit: Unit): number | null {
  const values = book.rows
    .map((row) => said(cellOf(row, column), unit))
    .flatMap((one) => (one.is === "figure" ? [one.value] : []))
    .toSorted((one, other) => one - other);
  const [low, high] = [values[Math.floor((values.length - 1) / 2)], values[Math.ceil((values.length - 1) / 2)]];
  return low === undefined || high === undefined ? null : Math.round(((low + high) / 2) * 100) / 100;
}

export type Order = "name" | "share";

export function ordered(rows: readonly GradebookRow[], order: Order, locale: string): readonly GradebookRow[] {
  const byName = (one: GradebookRow, other: GradebookRow) => one.name.localeCompare(other.name, locale);
  return rows.toSorted((one, other) => (order === "share" ? (other.share ?? -1) - (one.share ?? -1) : 0) || byName(one, other));
}

export function named(rows: readonly GradebookRow[], words: string): readonly GradebookRow[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ name }) => wanted.every((word) => name.toLocaleLowerCase().includes(word)));
}

/** How much is asked for in all: each kind's share of it, as the head of its columns says. */
export function weightShare(settings: GradebookSettings, category: string): number | null {
  const all = settings.categories ?? [];
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const found = all.find(({ id }) => id === category);
  return found && total > 0 ? found.weight / total : null;
}

/** What is wrong with a settings dialog, by its last word in the catalogue: `gradebook.fault.${what}`. */
export type What = "needed" | "number" | "repeated";

export function faultsOf({ categories = [], letters = [] }: GradebookSettings): ReadonlyMap<string, What> {
  const found = new Map<string, What>();
  for (const [index, { title, weight, drop_lowest }] of categories.entries()) {
    if (!title.trim()) found.set(`/categories/${index}/title`, "needed");
    if (!(weight >= 0)) found.set(`/categories/${index}/weight`, "number");
    if (!(drop_lowest >= 0)) found.set(`/categories/${index}/drop_lowest`, "number");
  }
  for (const [index, { letter, from_percent }] of letters.entries()) {
    if (!letter.trim()) found.set(`/letters/${index}/letter`, "needed");
    if (!(from_percent >= 0 && from_percent <= 100)) found.set(`/letters/${index}/from_percent`, "number");
    else if (letters.findIndex((other) => other.from_percent === from_percent) !== index) found.set(`/letters/${index}/from_percent`, "repeated");
  }
  return found;
}
