/** What the page watches: who is away, what was missed, who is typing. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ClassStore } from "../../src/core/store";
import type { Event, Replay, Snapshot, State } from "../../src/protocol/messages";

const room: State = {
  closed: false,
  people: [{ user: "me", name: "Me", role: "student", joined_at: 0, tracks: [] }],
  chat: [],
  hands: [],
  quiz: null,
};

function snapshot(seq: number, state: State = room): Snapshot {
  return { epoch: 1, seq, you: "me", server_time: 5000, heartbeat_ms: 1000, away: ["far"], state };
}

function said(seq: number, by: string): Event {
  return { epoch: 1, seq, type: "chat.said", at: seq, by, data: { user: by, name: by, text: "hi" } };
}

function replay(seq: number, events: Event[]): Replay {
  return { epoch: 1, seq, you: "me", server_time: 5000, heartbeat_ms: 1000, away: [], events };
}

let store: ClassStore;
beforeEach(() => {
  vi.useFakeTimers();
  store = new ClassStore({ wallMs: () => 1000, monotonicMs: () => 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("coming back", () => {
  it("counts what others said meanwhile, by replay", () => {
    store.take(snapshot(5));
    expect(store.missed.value).toBeNull();
    store.catchUp(replay(8, [said(6, "a"), said(7, "me"), said(8, "b")]));
    expect(store.missed.value).toBe(2);
    expect(store.room.value.chat).toHaveLength(3);
  });

  it("counts what others said meanwhile, by snapshot", () => {
    store.take(snapshot(5));
    store.event(said(6, "a"));
    const chat = [6, 7, 8].map((seq) => ({ seq, at: seq, user: "a", name: "A", text: "hi" }));
    store.take(snapshot(8, { ...room, chat }));
    expect(store.missed.value).toBe(2);
  });

  it("knows the server's time and who is away", () => {
    store.take(snapshot(5));
    expect(store.serverTime.nowMs()).toBe(5000);
    expect([...store.away.value]).toEqual(["far"]);
    store.notice({ type: "presence", user: "far", away: false });
    expect(store.away.value.size).toBe(0);
  });
});

describe("words that pass", () => {
  it("typing ends by itself, and when the line was sent", () => {
    store.take(snapshot(5));
    store.notice({ type: "typing", users: ["me", "a", "b"] });
    expect(store.typing.value).toEqual(["a", "b"]);
    store.event(said(6, "a"));
    expect(store.typing.value).toEqual(["b"]);
    vi.advanceTimersByTime(5000);
    expect(store.typing.value).toEqual([]);
  });

  it("reactions float by, not too many at once", () => {
    for (let n = 0; n < 30; n += 1) store.notice({ type: "reaction", user: "a", kind: "heart" });
    expect(store.reactions.value).toHaveLength(20);
    vi.advanceTimersByTime(5000);
    expect(store.reactions.value).toHaveLength(0);
  });
});
