/** A message is shown once: as unsent until the class has said it. */

import { beforeEach, expect, it } from "vitest";
import { ClassStore } from "../../src/core/store";
import { Outbox } from "../../src/pages/class/outbox";
import type { Ack, Event } from "../../src/protocol/messages";

let answers: ((answer: Ack) => void)[];
let store: ClassStore;
let outbox: Outbox;
let seq: number;
beforeEach(() => {
  answers = [];
  seq = 5;
  store = new ClassStore({ wallMs: () => 0, monotonicMs: () => 0 });
  store.take({
    epoch: 1,
    seq,
    you: "me",
    server_time: 0,
    heartbeat_ms: 1000,
    away: [],
    state: { closed: false, people: [], chat: [{ seq: 4, at: 0, user: "me", name: "Me", text: "hi" }], hands: [], quiz: null },
  });
  const connection = {
    command: () => new Promise<Ack>((resolve) => answers.push(resolve)),
    position: () => ({ epoch: 1, seq }),
  };
  outbox = new Outbox(connection, store);
});

function said(user: string, text: string): void {
  seq += 1;
  const event: Event = { epoch: 1, seq, type: "chat.said", at: 0, by: user, data: { user, name: user, text } };
  store.event(event);
}

const words = () => outbox.unsent.value.map(({ text, failed }) => (failed ? `${text} (failed)` : text));

it("is taken off by its line when the answer is lost with the link", async () => {
  const sending = outbox.send("hi");
  said("other", "hi");
  expect(words()).toEqual(["hi"]);
  said("me", "hi");
  expect(words()).toEqual([]);
  answers[0]?.({ ok: false, code: "timeout", message: "" });
  await sending;
  expect(words()).toEqual([]);
});

it("a second one with the same words waits for a line of its own", async () => {
  const first = outbox.send("hi");
  void outbox.send("hi");
  said("me", "hi");
  expect(words()).toEqual(["hi"]);
  answers[0]?.({ ok: true, seq });
  await first;
  expect(words()).toEqual(["hi"]);
  said("me", "hi");
  expect(words()).toEqual([]);
});

it("what was refused stays to be tried again", async () => {
  const sending = outbox.send("hi");
  answers[0]?.({ ok: false, code: "slow_down", message: "" });
  await sending;
  expect(words()).toEqual(["hi (failed)"]);
});
