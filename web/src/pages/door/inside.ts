/** Whether this tab was inside a class, and with what on, so that a reload goes straight back in. */

import type { Source } from "../../protocol/messages";

export interface Inside {
  mic: boolean;
  camera: boolean;
}

const nameOf = (classId: string) => `lectern.inside.${classId}`;

export function inside(classId: string): Inside | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(nameOf(classId)) ?? "null");
    if (typeof kept !== "object" || kept === null) return null;
    const { mic, camera } = kept as Partial<Inside>;
    return { mic: mic === true, camera: camera === true };
  } catch {
    return null;
  }
}

export function wentIn(classId: string, on: Partial<Record<Source, boolean>>): void {
  try {
    sessionStorage.setItem(nameOf(classId), JSON.stringify({ mic: on.mic ?? false, camera: on.camera ?? false }));
  } catch {
    // A browser that keeps nothing shows the door again.
  }
}

export function wentOut(classId: string): void {
  try {
    sessionStorage.removeItem(nameOf(classId));
  } catch {
    // Nothing was kept.
  }
}
