/** What is being written, kept in this browser until the server has it. */

const PREFIX = "lectern.draft.";

export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage may be full or forbidden; the page itself still holds the words.
  }
}

export function kept<Draft>(name: string): Draft | null {
  try {
    const found = localStorage.getItem(PREFIX + name);
    return found === null ? null : (JSON.parse(found) as Draft);
  } catch {
    // What cannot be read is no draft.
    return null;
  }
}

export function drop(name: string): void {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // Nothing was kept where storage is forbidden.
  }
}
