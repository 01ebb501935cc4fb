/** A message is shown once: as unsent until the class has said it. */

import { beforeEach, expect, it } from "vitest";
import { ClassStore } from "../../src/core/store";
import type { Options } from "../../src/core/uploads";
import { Outbox } from "../../src/pages/class/outbox";
import type { Ack, Event } from "../../src/protocol/messages";

let answers: ((answer: Ack) => void)[];
let store: ClassStore;
let outbox: Outbox;
let seq: number;
let sent: { file: File; options: Options; done: (upload?: unknown) => void; fail: (error: Error) => void }[];
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
  sent = [];
  outbox = new Outbox(connection, store, (file, options) => new Promise((done, fail) => sent.push({ file, options, done, fail })));
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

const FILE = new File(["some words"], "notes.txt");

function filed(user: string, name: string): void {
  seq += 1;
  store.event({ epoch: 1, seq, type: "upload.ready", at: 0, by: user, data: { user, name: user, file: { id: "f", name, size: 10, type: "text/plain" } } });
}

it("a file is shown with what of it is there, until the class has its line", async () => {
  const sending = outbox.attach(FILE);
  sent[0]?.options.onProgress?.(0.5);
  expect(outbox.unsent.value[0]).toMatchObject({ text: "notes.txt", failed: false, file: { share: 0.5 } });
  said("me", "notes.txt");
  expect(words()).toEqual(["notes.txt"]);
  filed("me", "notes.txt");
  expect(words()).toEqual([]);
  sent[0]?.done();
  await sending;
  expect(words()).toEqual([]);
});

it("a file that did not go stays, and goes again when it is asked to", async () => {
  const sending = outbox.attach(FILE);
  sent[0]?.fail(new Error("the link is away"));
  await sending;
  expect(words()).toEqual(["notes.txt (failed)"]);
  const [entry] = outbox.unsent.value;
  if (entry) outbox.retry(entry);
  expect(sent.map(({ file }) => file)).toEqual([FILE, FILE]);
  expect(words()).toEqual(["notes.txt"]);
});

it("a file that is given up is sent no further", async () => {
  const sending = outbox.attach(FILE);
  const [entry] = outbox.unsent.value;
  if (entry) outbox.giveUp(entry);
  expect(sent[0]?.options.signal?.aborted).toBe(true);
  expect(words()).toEqual([]);
  sent[0]?.fail(new Error("stopped"));
  await sending;
  expect(words()).toEqual([]);
});

it("an empty file does not go out", async () => {
  await outbox.attach(new File([], "nothing.txt"));
  expect(sent).toEqual([]);
  expect(words()).toEqual(["nothing.txt (failed)"]);
});
