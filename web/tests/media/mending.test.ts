/** What must be up is tried again with growing delays, one try at a time. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Mending } from "../../src/media/mending";

let tries: number;
let good: boolean;
let mending: Mending;
beforeEach(() => {
  vi.useFakeTimers();
  tries = 0;
  good = false;
  mending = new Mending(() => {
    tries += 1;
    return Promise.resolve(good);
  }, () => 1);
});
afterEach(() => {
  mending.stop();
  vi.useRealTimers();
});

it("tries at once, then again until it is well", async () => {
  mending.now();
  await vi.advanceTimersByTimeAsync(0);
  expect(tries).toBe(1);
  await vi.advanceTimersByTimeAsync(800);
  expect(tries).toBe(2);
  good = true;
  await vi.advanceTimersByTimeAsync(1600);
  expect(tries).toBe(3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toBe(3);
});

it("the first loss after a good time is mended at once", async () => {
  good = true;
  mending.now();
  await vi.advanceTimersByTimeAsync(0);
  mending.well();
  mending.later();
  await vi.advanceTimersByTimeAsync(0);
  expect(tries).toBe(2);
});

it("a wish during a try is followed by one more, not by two", async () => {
  good = true;
  mending.now();
  mending.now();
  mending.now();
  await vi.advanceTimersByTimeAsync(0);
  expect(tries).toBe(2);
});

it("a loss during a try that went well is not forgotten", async () => {
  good = true;
  mending.now();
  mending.later();
  await vi.advanceTimersByTimeAsync(1000);
  expect(tries).toBe(2);
});

it("never goes on once it is stopped", async () => {
  mending.now();
  mending.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toBe(1);
});

it("waits no longer than eight seconds between tries", async () => {
  mending.now();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(tries).toBeGreaterThan(14);
});
