/** Sends a file to the school: a ticket, its parts one after the other, fresh addresses for what is missing, the word that all is there. */
import type { Upload, UploadPart, UploadTicket } from "../protocol/api";
import { api } from "./api";
import { Refused, Unreachable } from "./errors";

const TRIES = 4;
/** How often a file's addresses are asked for: those of a long upload run out on the way. */
const ROUNDS = 5;
const PAUSE_MS = 500;

export interface Options {
  /** Once there, it is a line of the chat of this class. */
  readonly classId?: string;
  readonly signal?: AbortSignal;
  /** How much of it is there, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What sending needs of the world; tests hand in their own. */
export interface Ways {
  readonly begin: (file: File) => Promise<UploadTicket>;
  readonly missing: (id: string) => Promise<UploadTicket>;
  readonly complete: (id: string) => Promise<Upload>;
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (delayMs: number) => Promise<void>;
}

async function sendOnce(ways: Ways, file: Blob, part: UploadPart, signal: AbortSignal | undefined): Promise<void> {
  const body = file.slice(part.offset, part.offset + part.size);
  const init = { method: part.method, headers: part.headers, body, ...(signal ? { signal } : {}) };
  const response = await ways.fetch(part.url, init).catch((cause: unknown) => {
    throw new Unreachable("The part did not get through.", { cause });
  });
  if (!response.ok) throw new Refused(response.status, {}, null);
}

async function sendPart(ways: Ways, file: Blob, part: UploadPart, signal: AbortSignal | undefined): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await sendOnce(ways, file, part, signal);
      return;
    } catch (error) {
      const passes = error instanceof Unreachable || (error instanceof Refused && error.status >= 500);
      if (signal?.aborted || !passes || tried === TRIES) throw error;
      await ways.sleep(PAUSE_MS * 2 ** tried * Math.random());
    }
  }
}

/** False when the addresses ran out: what is missing then has fresh ones. */
async function sendParts(ways: Ways, file: Blob, parts: readonly UploadPart[], { signal, onProgress }: Options): Promise<boolean> {
  for (const [sent, part] of parts.entries()) {
    try {
      await sendPart(ways, file, part, signal);
    } catch (error) {
      if (error instanceof Refused && error.status === 403) return false;
      throw error;
    }
    const missing = parts.slice(sent + 1).reduce((sum, { size }) => sum + size, 0);
    onProgress?.(1 - missing / Math.max(1, file.size));
  }
  return true;
}

export async function send(ways: Ways, file: File, options: Options = {}): Promise<Upload> {
  let ticket = await ways.begin(file);
  for (let round = 1; !(await sendParts(ways, file, ticket.parts, options)); round++) {
    if (round === ROUNDS) throw new Unreachable("The addresses of the file ran out again and again.");
    ticket = await ways.missing(ticket.id);
  }
  return await ways.complete(ticket.id);
}

export async function sendFile(file: File, options: Options = {}): Promise<Upload> {
  const until = options.signal ? { signal: options.signal } : {};
  const about = { name: file.name, size: file.size, type: file.type || "application/octet-stream", ...(options.classId === undefined ? {} : { class_id: options.classId }) };
  return await send(
    {
      begin: () => api.post<UploadTicket>("/uploads", about, until),
      missing: (id) => api.get<UploadTicket>(`/uploads/${id}/parts`, until),
      complete: (id) => api.post<Upload>(`/uploads/${id}/complete`, {}, until),
      fetch: (input, init) => fetch(input, init),
      sleep: (delayMs) => new Promise((done) => setTimeout(done, delayMs)),
    },
    file,
    options,
  );
}
