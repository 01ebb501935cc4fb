/** What is on screen is asked for at its size, and no more often than needed. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Wants } from "../../src/media/wants";
import type { Want } from "../../src/protocol/messages";

let sent: (readonly Want[])[];
let wants: Wants;
let linked: boolean;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  linked = true;
  wants = new Wants((tracks) => {
    if (linked) sent.push(tracks);
    return linked;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

it("gathers a burst into one message, widths in steps", () => {
  wants.show("a/camera", Symbol("a"), 301);
  wants.show("b/screen", Symbol("b"), 900);
  vi.advanceTimersByTime(200);
  expect(sent).toEqual([[{ track: "b/screen", width: 912 }, { track: "a/camera", width: 304 }]]);
});

it("asks for the widest of two places, and drops what nobody shows", () => {
  const [small, large] = [Symbol("s"), Symbol("l")];
  wants.show("a/camera", small, 160);
  wants.show("a/camera", large, 640);
  expect(wants.list()).toEqual([{ track: "a/camera", width: 640 }]);
  wants.show("a/camera", large, 0);
  expect(wants.list()).toEqual([{ track: "a/camera", width: 160 }]);
  wants.show("a/camera", small, 0);
  expect(wants.list()).toEqual([]);
});

it("says nothing twice, unless the connection is new", () => {
  wants.show("a/camera", Symbol("a"), 160);
  vi.advanceTimersByTime(200);
  wants.hide(false);
  vi.advanceTimersByTime(200);
  expect(sent).toHaveLength(1);
  wants.repeat();
  expect(sent).toHaveLength(2);
  vi.advanceTimersByTime(200);
  expect(sent).toHaveLength(2);
});

it("a hidden tab wants nothing", () => {
  wants.show("a/camera", Symbol("a"), 160);
  wants.hide(true);
  vi.advanceTimersByTime(200);
  expect(sent).toEqual([[]]);
});

it("what was asked without a link counts as not asked", () => {
  linked = false;
  wants.show("a/camera", Symbol("a"), 160);
  vi.advanceTimersByTime(200);
  linked = true;
  wants.hide(false);
  vi.advanceTimersByTime(200);
  expect(sent).toEqual([[{ track: "a/camera", width: 160 }]]);
});
