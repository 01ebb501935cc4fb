/** What is on here is told once for each change, and again when the class forgot it. */

import { expect, it, vi } from "vitest";
import { Telling, type On } from "../../src/media/telling";
import type { Ack, Source } from "../../src/protocol/messages";

function setUp() {
  const told: string[] = [];
  const answers: ((answer: Ack) => void)[] = [];
  const here = { wanted: {} as On | null, shown: [] as Source[], seq: 1 };
  const telling = new Telling(["mic", "camera"], {
    tell: (source, on) => {
      told.push(`${source} ${on ? "on" : "off"}`);
      return new Promise((settle) => answers.push(settle));
    },
    wanted: () => here.wanted,
    shown: () => here.shown,
    seq: () => here.seq,
    random: () => 1,
  });
  const answer = async (ack: Ack) => {
    answers.shift()?.(ack);
    await new Promise((resume) => setTimeout(resume, 0));
  };
  const settle = (ack: Ack) => answers.shift()?.(ack);
  return { told, here, telling, answer, settle };
}

it("tells a change once, and a change of mind at once", () => {
  const { told, here, telling } = setUp();
  here.wanted = { camera: true };
  telling.compare();
  telling.compare();
  here.wanted = { camera: false };
  telling.compare();
  expect(told).toEqual(["camera on", "camera off"]);
});

it("tells again what the class forgot before its answer came", async () => {
  const { told, here, telling, answer } = setUp();
  here.wanted = { camera: true };
  telling.compare();
  // The class showed it as event 5, and forgot it with event 6, before the answer to the first came.
  here.seq = 6;
  telling.compare();
  await answer({ ok: true, seq: 5 });
  expect(told).toEqual(["camera on", "camera on"]);
});

it("does not insist when it is refused, nor before it has seen what was answered", async () => {
  const { told, here, telling, answer } = setUp();
  here.wanted = { mic: true, camera: true };
  telling.compare();
  await answer({ ok: false, code: "forbidden", message: "no" });
  await answer({ ok: true, seq: 9 });
  expect(told).toEqual(["mic on", "camera on"]);
});

it("says nothing without a link", () => {
  const { told, here, telling } = setUp();
  here.wanted = null;
  telling.compare();
  expect(told).toEqual([]);
});

it("tells it again, ever more seldom, while the class cannot keep it, and no more once it does", async () => {
  vi.useFakeTimers();
  try {
    const { told, here, telling, settle } = setUp();
    here.wanted = { mic: true };
    telling.compare();
    for (const pauseMs of [1000, 2000, 4000, 8000, 10_000]) {
      const before = told.length;
      settle({ ok: false, code: "unavailable", message: "" });
      await vi.advanceTimersByTimeAsync(pauseMs - 1);
      expect(told).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(told).toHaveLength(before + 1);
    }
    settle({ ok: true, seq: 2 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toHaveLength(6);
  } finally {
    vi.useRealTimers();
  }
});
