/** A risk as a word and a colour; lms/ai/review.py has the same edge above which two people look. */
import type { Key } from "../../i18n";

const HIGH = 70;
const UNSURE = 40;

export interface Risk {
  readonly word: Key;
  readonly badge: string;
}

export function riskOf(risk: number): Risk {
  if (risk >= HIGH) return { word: "factory.riskHigh", badge: "badge dang" };
  if (risk >= UNSURE) return { word: "factory.riskUnsure", badge: "badge warn" };
  return { word: "factory.riskLow", badge: "badge" };
}
