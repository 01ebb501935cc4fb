/** How long an exam still goes, by the server's word and a clock that never goes back. */
import type { Clock } from "./clock";

export class Countdown {
  private endMs = Number.POSITIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** Every reply says what was left when it was written: half of its way ago, as far as anybody can tell. */
  heard(remainingMs: number, sentMs: number): void {
    const nowMs = this.clock.monotonicMs();
    this.endMs = (sentMs + nowMs) / 2 + remainingMs;
  }

  /** After a reload offline there is only the wall clock to go by. */
  guessed(endsAtWallMs: number): void {
    this.endMs = this.clock.monotonicMs() + endsAtWallMs - this.clock.wallMs();
  }

  leftMs(): number {
    return Math.max(0, this.endMs - this.clock.monotonicMs());
  }

  /** The end by this machine's wall clock, for the next reload. */
  endsAtWallMs(): number {
    return this.clock.wallMs() + (this.endMs - this.clock.monotonicMs());
  }
}
