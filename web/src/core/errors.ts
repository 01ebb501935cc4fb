/** What can go wrong between this browser and the school, and by whose fault. */
import type { Fault, Problem } from "../protocol/api";

/** The server answered, and said no: `code` is stable, `detail` is for people who read logs. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly code: string;
  readonly faults: readonly Fault[];
  /** What support needs to find this answer again. */
  readonly reference: string;
  readonly retryAfterMs: number | null;

  constructor(status: number, problem: Partial<Problem>, retryAfterMs: number | null) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? `http_${status}`;
    this.faults = problem.errors ?? [];
    this.reference = problem.trace_id ?? "";
    this.retryAfterMs = retryAfterMs;
  }

  /** The fault of one field of the body, by its JSON pointer. */
  faultOf(pointer: string): string | undefined {
    return this.faults.find((fault) => fault.pointer === pointer)?.detail;
  }
}

/** No answer came: the network, or the server, is away. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly code = "unreachable";
}

/** The stable code of anything that was thrown. */
export function codeOf(error: unknown): string {
  return error instanceof Refused || error instanceof Unreachable ? error.code : "unexpected";
}
