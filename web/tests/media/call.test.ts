/** What of the media is begun anew, and when. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Connection } from "../../src/core/connection";
import { ClassStore } from "../../src/core/store";
import { Call } from "../../src/media/call";
import type { LocalMedia } from "../../src/media/local";

let asked: string[];
let call: Call;
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  const connection = {
    request: (name: string) => {
      asked.push(name);
      return Promise.resolve({ ok: true });
    },
    position: () => ({ epoch: 1, seq: 1 }),
    say: () => undefined,
  } as unknown as Connection;
  const chosen = { value: {} };
  const local = { tracks: { value: {}, peek: () => ({}) }, on: { value: {} }, devices: { chosen } } as unknown as LocalMedia;
  const store = new ClassStore({ wallMs: () => 0, monotonicMs: () => 0 });
  call = new Call(connection, store, local, () => [], () => 1);
});
afterEach(() => {
  call.close();
  vi.useRealTimers();
});

it("media that the class lost is asked for again at once, whatever was being waited for", async () => {
  call.joined();
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toEqual(["media.subscribe"]);
  call.notice({ type: "media.lost", direction: "both" });
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toEqual(["media.subscribe", "media.subscribe"]);
});

it("an offer that cannot be taken is not waited for any longer", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  call.joined();
  await vi.advanceTimersByTimeAsync(10);
  call.offer(1, "no browser here takes this");
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual(["media.subscribe", "media.subscribe"]);
});

it("an offer that went with the link is not waited for: back in the class it is asked for at once", async () => {
  call.joined();
  await vi.advanceTimersByTimeAsync(10);
  call.away();
  await vi.advanceTimersByTimeAsync(10);
  call.joined();
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toEqual(["media.subscribe", "media.subscribe"]);
});
