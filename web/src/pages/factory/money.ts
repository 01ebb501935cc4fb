/** What the models cost: millionths as an amount of the currency in which their prices stand. */
import { region } from "../../i18n";

const MICROS = 1_000_000;

export function money(micros: number): string {
  return new Intl.NumberFormat(region(), { minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(micros / MICROS);
}

export function share(value: number | null): string {
  return value === null ? "–" : new Intl.NumberFormat(region(), { style: "percent", maximumFractionDigits: 1 }).format(value);
}
