/** Something that must be up: tried now, then again and again with growing delays until it says that it is well. */

const FIRST_MS = 400;
const LAST_MS = 8000;

export class Mending {
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private again = false;
  private lostMeanwhile = false;
  private stopped = false;

  /** `attempt` answers false when it must be tried again; it does not throw for what the network does. */
  constructor(
    private readonly attempt: () => Promise<boolean>,
    private readonly random: () => number,
  ) {}

  /** Try at once; a try that is under way is followed by another. */
  now(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.stopped) return;
    if (this.running) {
      this.again = true;
      return;
    }
    void this.run();
  }

  /** It was lost: try after a while, and at once when all was well until now. */
  later(): void {
    if (this.running) this.lostMeanwhile = true;
    if (this.stopped || this.running || this.timer !== undefined) return;
    const bound = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(this.tries, 10));
    this.timer = setTimeout(() => this.now(), this.tries === 0 ? 0 : bound * (0.5 + this.random() / 2));
    this.tries += 1;
  }

  well(): void {
    this.tries = 0;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.running = true;
    this.lostMeanwhile = false;
    let good = false;
    try {
      good = await this.attempt();
    } catch (problem) {
      console.warn("media: trying again", problem);
    }
    this.running = false;
    if (this.again) {
      this.again = false;
      this.now();
    } else if (!good || this.lostMeanwhile) {
      this.tries = Math.max(1, this.tries);
      this.later();
    }
  }
}
