/** The browser folds a class as the server does: the server's own histories, step by step. */

import histories from "../../../tests/vectors/class_histories.json";
import { describe, expect, it } from "vitest";
import { apply, CHAT_KEPT, handNumber, NOBODY } from "../../src/core/classroom";
import type { Event, State } from "../../src/protocol/messages";

interface History {
  name: string;
  steps: { event: Event; state: State | null }[];
}

describe("the histories of the server", () => {
  it.each((histories as unknown as History[]).map((history) => [history.name, history] as const))("%s", (_name, history) => {
    let state = NOBODY;
    for (const step of history.steps) {
      state = apply(state, step.event);
      if (step.state !== null) expect(state).toEqual(step.state);
    }
  });
});

describe("beyond the histories", () => {
  const said = (seq: number): Event => ({
    epoch: 1, seq, type: "chat.said", at: seq, by: "a", data: { user: "a", name: "A", text: String(seq) },
  });

  it("keeps the latest lines of the chat only", () => {
    const events = Array.from({ length: CHAT_KEPT + 5 }, (_, place) => said(place + 1));
    const { chat } = events.reduce(apply, NOBODY);
    expect(chat).toHaveLength(CHAT_KEPT);
    expect(chat[0]?.seq).toBe(6);
  });

  it("skips an event of a newer server", () => {
    const strange = { epoch: 1, seq: 1, type: "poll.opened", at: 1, by: "a", data: {} } as unknown as Event;
    expect(apply(NOBODY, strange)).toBe(NOBODY);
  });

  it("numbers hands from one, and a hand that is down is none", () => {
    const hands = [{ user: "a", at: 1 }, { user: "b", at: 2 }];
    expect(handNumber(hands, "b")).toBe(2);
    expect(handNumber(hands, "c")).toBe(0);
  });
});
