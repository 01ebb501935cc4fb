/** Whether this browser may hold answers that are on their way: a word that costs nothing to look for. */
export type Holding = "exams" | "practice";

const MARKS: Readonly<Record<Holding, string>> = { exams: "lectern.exams", practice: "lectern.practice" };

export function hold(what: Holding, present: boolean): void {
  try {
    if (present) localStorage.setItem(MARKS[what], "1");
    else localStorage.removeItem(MARKS[what]);
  } catch {
    // Storage may be forbidden; then nothing outlives the page, and the page says so.
  }
}

export function mayHold(what: Holding): boolean {
  try {
    return localStorage.getItem(MARKS[what]) !== null;
  } catch {
    return false;
  }
}

export function mayHoldAny(): boolean {
  return mayHold("exams") || mayHold("practice");
}
