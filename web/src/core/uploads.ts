/** Sends a file to the school: a ticket, its parts one after the other, and the word that all of it is there. */
import type { Upload, UploadPart, UploadTicket } from "../protocol/api";
import { api } from "./api";
import { Refused, Unreachable } from "./errors";

const TRIES = 4;
const PAUSE_MS = 500;

interface Options {
  readonly signal?: AbortSignal;
  /** How much of it is there, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

async function sendOnce(file: Blob, part: UploadPart, signal: AbortSignal | undefined): Promise<void> {
  const body = file.slice(part.offset, part.offset + part.size);
  const init = { method: part.method, headers: part.headers, body, ...(signal ? { signal } : {}) };
  const response = await fetch(part.url, init).catch((cause: unknown) => {
    throw new Unreachable("The part did not get through.", { cause });
  });
  if (!response.ok) throw new Refused(response.status, {}, null);
}

async function sendPart(file: Blob, part: UploadPart, signal: AbortSignal | undefined): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await sendOnce(file, part, signal);
      return;
    } catch (error) {
      const passes = error instanceof Unreachable || (error instanceof Refused && error.status >= 500);
      if (signal?.aborted || !passes || tried === TRIES) throw error;
      await new Promise((done) => setTimeout(done, PAUSE_MS * 2 ** tried * Math.random()));
    }
  }
}

export async function sendFile(file: File, { signal, onProgress }: Options = {}): Promise<Upload> {
  const about = { name: file.name, size: file.size, type: file.type || "application/octet-stream" };
  const ticket = await api.post<UploadTicket>("/uploads", about, signal ? { signal } : {});
  for (const part of ticket.parts) {
    await sendPart(file, part, signal);
    onProgress?.((part.offset + part.size) / Math.max(1, file.size));
  }
  return await api.post<Upload>(`/uploads/${ticket.id}/complete`, {}, signal ? { signal } : {});
}
