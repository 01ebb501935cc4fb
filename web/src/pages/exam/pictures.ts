/** Brings the pictures of a paper into this browser, where neither a lost link nor an old address takes them away. */
import type { ExamAttempt } from "../../core/attempt";
import type { Journal } from "../../core/journal";

async function fetched(address: string): Promise<Blob | null> {
  try {
    const response = await fetch(address);
    return response.ok ? await response.blob() : null;
  } catch {
    // The address itself may still serve the page, now or when the link is back.
    return null;
  }
}

async function bring(attempt: ExamAttempt, journal: Journal, id: string, address: string, known: Blob | undefined): Promise<void> {
  const bytes = known ?? (await fetched(address));
  if (!bytes) return;
  if (!known) await journal.keepPicture(attempt.paper.value.id, id, bytes);
  attempt.pictures.value = { ...attempt.pictures.value, [id]: URL.createObjectURL(bytes) };
}

export async function bringPictures(attempt: ExamAttempt, journal: Journal): Promise<void> {
  const { id: paper, pictures } = attempt.paper.value;
  const known = await journal.pictures(paper);
  await Promise.all(Object.entries(pictures).map(([id, address]) => bring(attempt, journal, id, address, known.get(id))));
}
