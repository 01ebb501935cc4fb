/** The REST client: bearer, one refresh for all who wait, idempotent repeats, typed refusals. */
import type { Problem } from "../protocol/api";
import { Refused, Unreachable } from "./errors";

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

export interface Call {
  readonly body?: unknown;
  /** The ETag of what is being changed. */
  readonly ifMatch?: string | undefined;
  /** Sent as it is, in place of a JSON body. */
  readonly text?: { readonly type: string; readonly value: string };
  /** The same key again means the same wish; one is made for every mutation that has none. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** The answer is words, not JSON: a CSV. */
  readonly reads?: "text";
  /** The browser keeps the answer and asks each time whether it still stands: for texts that are no person's own, as others may use the computer. */
  readonly kept?: boolean;
  /** How often at most; some callers have a patience of their own. */
  readonly tries?: number;
  /** Sign-in and refresh go out without the bearer. */
  readonly anonymous?: boolean;
}

export interface Answer<T> {
  readonly data: T;
  readonly etag: string | undefined;
}

/** What the client needs of the world; tests hand in their own. */
export interface World {
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (delayMs: number) => Promise<void>;
  readonly random: () => number;
  readonly newKey: () => string;
}

/** Where the client gets its bearer; `refreshed` is told which one was refused. */
export interface Bearer {
  current(): Promise<string | null>;
  refreshed(refused: string): Promise<string | null>;
}

const ROOT = "/api/v1";
const ATTEMPTS = 4;
const ATTEMPT_DEADLINE_MS = 15_000;
const RETRY_BASE_MS = 300;
const RETRY_CAP_MS = 5_000;
/** Longer than this a page says so and lets the reader decide. */
const PATIENCE_MS = 10_000;

function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}

async function refusal(response: Response): Promise<Refused> {
  const isProblem = (response.headers.get("Content-Type") ?? "").includes("json");
  const problem = isProblem ? ((await response.json().catch(() => ({}))) as Partial<Problem>) : {};
  return new Refused(response.status, problem, retryAfterMs(response));
}

function passes(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && [429, 502, 503, 504].includes(error.status));
}

export class Api {
  private bearer: Bearer | null = null;

  constructor(private readonly world: World) {}

  /** The session is built on the client and the client on the session; this closes the ring. */
  use(bearer: Bearer): void {
    this.bearer = bearer;
  }

  async get<T>(path: string, call: Call = {}): Promise<T> {
    return (await this.call<T>("GET", path, call)).data;
  }

  async post<T>(path: string, body: unknown = {}, call: Call = {}): Promise<T> {
    return (await this.call<T>("POST", path, { body, ...call })).data;
  }

  async delete(path: string, call: Call = {}): Promise<void> {
    await this.call<undefined>("DELETE", path, call);
  }

  /** One wish, however many attempts it takes: a repeat carries the same key, so it happens once. */
  async call<T>(method: Method, path: string, call: Call = {}): Promise<Answer<T>> {
    const key = method === "GET" ? undefined : (call.idempotencyKey ?? this.world.newKey());
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.authorised<T>(method, path, call, key);
      } catch (error) {
        if (call.signal?.aborted || !passes(error) || attempt === (call.tries ?? ATTEMPTS)) throw error;
        const said = error instanceof Refused ? error.retryAfterMs : null;
        if (said !== null && said > PATIENCE_MS) throw error;
        const cap = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempt);
        await this.world.sleep((said ?? 0) + this.world.random() * cap);
      }
    }
  }

  private async authorised<T>(method: Method, path: string, call: Call, key: string | undefined): Promise<Answer<T>> {
    const bearer = call.anonymous ? null : ((await this.bearer?.current()) ?? null);
    try {
      return await this.once<T>(method, path, call, key, bearer);
    } catch (error) {
      const expired = error instanceof Refused && error.status === 401 && bearer !== null;
      const fresh = expired ? ((await this.bearer?.refreshed(bearer)) ?? null) : null;
      if (fresh === null) throw error;
      return await this.once<T>(method, path, call, key, fresh);
    }
  }

  private async once<T>(
    method: Method,
    path: string,
    call: Call,
    key: string | undefined,
    bearer: string | null,
  ): Promise<Answer<T>> {
    const response = await this.fetched(path, call, {
      method,
      headers: headersOf(call, key, bearer),
      credentials: "same-origin",
      cache: call.kept ? "no-cache" : "no-store",
      ...bodyOf(call),
    });
    if (!response.ok) throw await refusal(response);
    const etag = response.headers.get("ETag") ?? undefined;
    if (response.status === 204) return { data: undefined as T, etag };
    const data = (await (call.reads === "text" ? response.text() : response.json()).catch(unfinished)) as T;
    return { data, etag };
  }

  private async fetched(path: string, call: Call, init: RequestInit): Promise<Response> {
    const stop = new AbortController();
    const deadline = setTimeout(() => stop.abort(), ATTEMPT_DEADLINE_MS);
    const abort = () => stop.abort();
    call.signal?.addEventListener("abort", abort);
    try {
      return await this.world.fetch(ROOT + path, { ...init, signal: stop.signal });
    } catch (cause) {
      throw new Unreachable("The server did not answer.", { cause });
    } finally {
      clearTimeout(deadline);
      call.signal?.removeEventListener("abort", abort);
    }
  }
}

function unfinished(cause: unknown): never {
  throw new Unreachable("The answer broke off.", { cause });
}

function headersOf(call: Call, key: string | undefined, bearer: string | null): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json", "Lectern-Client": "browser" };
  if (bearer !== null) headers["Authorization"] = `Bearer ${bearer}`;
  if (key !== undefined) headers["Idempotency-Key"] = key;
  if (call.ifMatch !== undefined) headers["If-Match"] = call.ifMatch;
  if (call.text) headers["Content-Type"] = call.text.type;
  else if (call.body !== undefined) headers["Content-Type"] = "application/json";
  return headers;
}

function bodyOf(call: Call): { body?: string } {
  if (call.text) return { body: call.text.value };
  return call.body === undefined ? {} : { body: JSON.stringify(call.body) };
}

/** `crypto.randomUUID` is there only on secure origins; random bytes are everywhere. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The client of this page. */
export const api = new Api({
  fetch: (input, init) => fetch(input, init),
  sleep: (delayMs) => new Promise((done) => setTimeout(done, delayMs)),
  random: Math.random,
  newKey,
});
