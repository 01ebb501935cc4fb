/** Whether this browser may hold something of an exam: a word that costs nothing to look for. */
const MARK = "lectern.exams";

export function hold(present: boolean): void {
  try {
    if (present) localStorage.setItem(MARK, "1");
    else localStorage.removeItem(MARK);
  } catch {
    // Storage may be forbidden; then nothing of an exam outlives the page, and the page says so.
  }
}

export function mayHold(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}
