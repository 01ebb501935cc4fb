/** What a cell says: a figure, struck out when it is dropped, or why there is none. */
import { t } from "../../i18n";
import type { GradebookCell } from "../../protocol/api";
import { said, type Unit } from "./cells";

interface Props {
  readonly cell: GradebookCell | undefined;
  readonly unit: Unit;
  /** Where there is room, that there is no mark is said in words. */
  readonly inWords?: boolean;
}

export function Figure({ cell, unit, inWords = false }: Props) {
  const one = said(cell, unit);
  if (one.is === "none") return <span class={inWords ? "sm mut" : "dim"}>{t(inWords ? "gradebook.noMark" : "gradebook.nothing")}</span>;
  if (one.is !== "figure") return <span class={one.is === "marking" ? "badge acc" : "badge"}>{t(`gradebook.cell.${one.is}`)}</span>;
  const figure = unit === "points" ? t("common.number", { value: one.value }) : t("gradebook.percent", { share: one.value });
  return (
    <>
      {cell?.dropped ? (
        <>
          <s class="dropped">{figure}</s>
          <span class="sr"> {t("gradebook.dropped")}</span>
        </>
      ) : (
        figure
      )}
      {cell?.late && <span class="badge warn">{t("board.late")}</span>}
    </>
  );
}

export function Share({ share, letter }: { readonly share: number | null; readonly letter: string | null }) {
  if (share === null) return <span class="dim">{t("gradebook.nothing")}</span>;
  return (
    <>
      {t("gradebook.percent", { share })}
      {letter && (
        <>
          {" "}
          <bdi class="letter">{letter}</bdi>
        </>
      )}
    </>
  );
}
