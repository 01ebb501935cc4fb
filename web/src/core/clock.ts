/** Now, by this machine and by the server. */

export interface Clock {
  /** Milliseconds since 1970, by this machine. */
  wallMs(): number;
  /** Milliseconds that never go back. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** The server's time, read from the snapshots that it sends. */
export class ServerTime {
  private offsetMs = 0;

  constructor(private readonly clock: Clock) {}

  heard(serverTimeMs: number): void {
    this.offsetMs = serverTimeMs - this.clock.wallMs();
  }

  nowMs(): number {
    return this.clock.wallMs() + this.offsetMs;
  }
}

/** "1:12", or "1:02:03" from an hour on, in the digits of the reader's region. */
export function spell(durationMs: number, region: string): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const one = (n: number) => n.toLocaleString(region, { useGrouping: false });
  const two = (n: number) => n.toLocaleString(region, { minimumIntegerDigits: 2 });
  return h > 0 ? `${one(h)}:${two(m)}:${two(s)}` : `${one(m)}:${two(s)}`;
}
