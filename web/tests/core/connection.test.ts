/** The link of a class: what it sends again, what it takes once, when it comes back and when it stays away. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  backoffMs,
  Connection,
  type Address,
  type Ending,
  type Listener,
  type SocketLike,
} from "../../src/core/connection";
import { Refused } from "../../src/core/errors";
import type { Ack, Event, Snapshot } from "../../src/protocol/messages";

type Handler = (...values: never[]) => void;
interface Sent {
  name: string;
  body: Record<string, unknown>;
  ack: ((answer: Ack) => void) | undefined;
}

/** The other end of the wire, in the test's hand. */
class Wire {
  connected = false;
  dials: Record<string, unknown>[] = [];
  sent: Sent[] = [];
  auth: () => Record<string, unknown> = () => ({});
  private readonly handlers = new Map<string, Handler>();

  readonly socket = {
    on: (name: string, handler: Handler) => this.handlers.set(name, handler),
    emit: (name: string, body: Record<string, unknown>, ack?: (answer: Ack) => void) => this.sent.push({ name, body, ack }),
    connect: () => this.dials.push(this.auth()),
    disconnect: () => {
      if (this.connected) this.drop();
    },
    get connected() {
      return wire.connected;
    },
  } as unknown as SocketLike;

  say(name: string, ...values: unknown[]): void {
    this.handlers.get(name)?.(...(values as never[]));
  }

  /** The socket is open and the class has answered. */
  arrive(seq = 10): void {
    this.connected = true;
    this.say("connect");
    this.say("snapshot", snapshot(seq));
  }

  drop(): void {
    this.connected = false;
    this.say("disconnect", "transport close");
  }

  of(name: string): Sent[] {
    return this.sent.filter((one) => one.name === name);
  }
}

function snapshot(seq: number): Snapshot {
  const state = { closed: false, people: [], chat: [], hands: [], quiz: null };
  return { epoch: 3, seq, you: "me", server_time: 0, heartbeat_ms: 1000, away: [], state };
}

function event(seq: number, epoch = 3): Event {
  return { epoch, seq, type: "hand.raised", at: 0, by: "x", data: { user: "x" } };
}

let wire: Wire;
let heard: string[];
let endings: Ending[];
let addresses: () => Promise<Address>;
let ids: number;
let onNews: () => void;

const listener = (): Listener => ({
  joined: (message) => {
    heard.push(`joined ${message.seq}`);
    onNews();
  },
  replayed: (message) => {
    heard.push(`replayed ${message.seq}`);
    onNews();
  },
  event: (one) => heard.push(`event ${one.seq}`),
  notice: (notice) => heard.push(`notice ${notice.type}`),
  offer: (offer) => heard.push(`offer ${offer.n}`),
  away: () => heard.push("away"),
  ended: (ending) => endings.push(ending),
});

async function opened(): Promise<Connection> {
  const connection = new Connection(
    {
      clock: { wallMs: () => Date.now(), monotonicMs: () => Date.now() },
      random: () => 0.5,
      newId: () => `id${(ids += 1)}`,
      openSocket: (_address, auth) => {
        wire.auth = auth;
        return wire.socket;
      },
    },
    listener(),
    () => addresses(),
  );
  await connection.open();
  return connection;
}

beforeEach(() => {
  vi.useFakeTimers();
  wire = new Wire();
  heard = [];
  endings = [];
  ids = 0;
  onNews = () => undefined;
  addresses = () => Promise.resolve({ socket: "/socket.io/", namespace: "/class", token: "t1" });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("coming in", () => {
  it("what is said, asked and told on the news goes out, at first and after a break", async () => {
    const connection = await opened();
    onNews = () => {
      expect(connection.say("media.want", { tracks: [] })).toBe(true);
      void connection.request("media.subscribe", {});
      void connection.command("hand.raise", {});
    };
    wire.arrive(10);
    expect(wire.sent.map(({ name }) => name)).toEqual(["media.want", "media.subscribe", "hand.raise"]);
    wire.drop();
    expect(connection.say("media.want", { tracks: [] })).toBe(false);
    await vi.advanceTimersByTimeAsync(6000);
    wire.sent = [];
    wire.connected = true;
    wire.say("replay", { ...snapshot(12), events: [] });
    expect(wire.of("media.want")).toHaveLength(1);
    expect(wire.of("media.subscribe")).toHaveLength(1);
    expect(wire.of("hand.raise")).toHaveLength(2);
  });

  it("first without a place, then from where it was", async () => {
    await opened();
    wire.arrive(10);
    wire.say("event", event(11));
    wire.drop();
    await vi.advanceTimersByTimeAsync(6000);
    expect(wire.dials).toEqual([{ token: "t1" }, { token: "t1", epoch: 3, seq: 11 }]);
    expect(heard).toEqual(["joined 10", "event 11", "away"]);
  });

  it("takes each event once, and lets seq jump over what is for others", async () => {
    await opened();
    wire.arrive(10);
    for (const seq of [11, 11, 10, 14, 12]) wire.say("event", event(seq));
    expect(heard).toEqual(["joined 10", "event 11", "event 14"]);
  });

  it("asks for a new token when the old one is refused, and gives up when the new one is too", async () => {
    let made = 0;
    addresses = () => Promise.resolve({ socket: "/s", namespace: "/class", token: `t${(made += 1)}` });
    await opened();
    wire.say("connect_error", Object.assign(new Error("no"), { data: { code: "token_expired", retry_ms: null } }));
    await vi.advanceTimersByTimeAsync(0);
    expect(wire.dials).toEqual([{ token: "t1" }, { token: "t2" }]);
    wire.say("connect_error", Object.assign(new Error("no"), { data: { code: "forbidden", retry_ms: null } }));
    expect(endings).toEqual([{ why: "refused", code: "forbidden" }]);
  });

  it.each([
    ["removed", { why: "removed" }],
    ["class_closed", { why: "closed" }],
  ])("says why at once when it is refused as %s, which no new token mends", async (code, ending) => {
    await opened();
    wire.say("connect_error", Object.assign(new Error("no"), { data: { code, retry_ms: null } }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(endings).toEqual([ending]);
    expect(wire.dials).toHaveLength(1);
  });

  it("waits as long as a busy class asks, and comes back", async () => {
    await opened();
    wire.say("connect_error", Object.assign(new Error("no"), { data: { code: "busy", retry_ms: 3000 } }));
    await vi.advanceTimersByTimeAsync(2999);
    expect(wire.dials).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(400);
    expect(wire.dials).toHaveLength(2);
    expect(endings).toEqual([]);
  });

  it("ends when the school refuses to let it in, but tries on while the network is away", async () => {
    addresses = () => Promise.reject(new Error("offline"));
    await opened();
    addresses = () => Promise.reject(new Refused(403, { code: "not_enrolled" }, null));
    await vi.advanceTimersByTimeAsync(1000);
    expect(endings).toEqual([{ why: "refused", code: "not_enrolled" }]);
  });

  it("asks for its address at once when the browser says that the network is back", async () => {
    addresses = () => Promise.reject(new Error("offline"));
    const connection = await opened();
    addresses = () => Promise.resolve({ socket: "/s", namespace: "/class", token: "t2" });
    connection.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(wire.dials).toEqual([{ token: "t2" }]);
    await vi.advanceTimersByTimeAsync(6000);
    expect(wire.dials).toHaveLength(1);
  });

  it("does not go back with a refused token when the network comes back before there is a new one", async () => {
    const connection = await opened();
    addresses = () => Promise.reject(new Error("offline"));
    wire.say("connect_error", Object.assign(new Error("no"), { data: { code: "token_expired", retry_ms: null } }));
    await vi.advanceTimersByTimeAsync(0);
    addresses = () => Promise.resolve({ socket: "/s", namespace: "/class", token: "t2" });
    connection.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(wire.dials).toEqual([{ token: "t1" }, { token: "t2" }]);
  });
});

it("sets out again when the class does not answer at its door", async () => {
  await opened();
  wire.connected = true;
  wire.say("connect");
  await vi.advanceTimersByTimeAsync(14_000);
  expect(wire.dials).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(8000);
  expect(wire.dials).toHaveLength(2);
  expect(heard).toEqual([]);
  wire.arrive();
  await vi.advanceTimersByTimeAsync(3000);
  expect(heard).toEqual(["joined 10"]);
  expect(wire.dials).toHaveLength(2);
});

it("waits for a new token as long as that takes, and does not set out with the old one", async () => {
  await opened();
  addresses = () => new Promise(() => undefined);
  wire.say("connect_error", Object.assign(new Error("no"), { data: { code: "token_expired", retry_ms: null } }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wire.dials).toHaveLength(1);
});

describe("commands", () => {
  it("go again with the same id after a break, until they are answered", async () => {
    const connection = await opened();
    wire.arrive();
    const answer = connection.command("chat.send", { text: "hello" });
    wire.drop();
    await vi.advanceTimersByTimeAsync(1000);
    wire.arrive(11);
    const sent = wire.of("chat.send");
    expect(sent.map((one) => one.body)).toEqual([{ id: "id1", text: "hello" }, { id: "id1", text: "hello" }]);
    sent[1]?.ack?.({ ok: true, seq: 12 });
    sent[0]?.ack?.({ ok: true, seq: 12 });
    await expect(answer).resolves.toEqual({ ok: true, seq: 12 });
    wire.drop();
    await vi.advanceTimersByTimeAsync(1000);
    wire.arrive(12);
    expect(wire.of("chat.send")).toHaveLength(2);
  });

  it("wait for the link, and fail after two minutes without an answer", async () => {
    const connection = await opened();
    const answer = connection.command("hand.raise", {});
    expect(wire.of("hand.raise")).toHaveLength(0);
    wire.arrive();
    expect(wire.of("hand.raise")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(121_000);
    await expect(answer).resolves.toMatchObject({ ok: false, code: "timeout" });
  });

  it("are bounded in number", async () => {
    const connection = await opened();
    const answers = Array.from({ length: 101 }, () => connection.command("hand.raise", {}));
    await expect(answers[100]).resolves.toMatchObject({ ok: false, code: "busy" });
  });

  it("requests are lost with the connection they were made on", async () => {
    const connection = await opened();
    wire.arrive();
    const answer = connection.request("media.subscribe", {});
    wire.drop();
    await expect(answer).resolves.toMatchObject({ ok: false, code: "offline" });
    await vi.advanceTimersByTimeAsync(1000);
    wire.arrive();
    expect(wire.of("media.subscribe")).toHaveLength(1);
  });
});

describe("the pulse", () => {
  it("beats once a second while it is in the class", async () => {
    await opened();
    await vi.advanceTimersByTimeAsync(2000);
    expect(wire.of("beat")).toHaveLength(0);
    wire.arrive();
    await vi.advanceTimersByTimeAsync(3000);
    expect(wire.of("beat")).toHaveLength(3);
  });

  it("takes four silent seconds for a dead link, once the server is known to answer beats", async () => {
    await opened();
    wire.arrive();
    await vi.advanceTimersByTimeAsync(8000);
    expect(heard).not.toContain("away");
    wire.of("beat").at(-1)?.ack?.({ ok: true });
    await vi.advanceTimersByTimeAsync(6000);
    expect(heard).toContain("away");
    expect(wire.dials.length).toBeGreaterThan(1);
  });
});

describe("the end", () => {
  it.each([
    [{ type: "replaced" }, { why: "replaced" }],
    [{ type: "ended", reason: "removed" }, { why: "removed" }],
    [{ type: "ended", reason: "closed" }, { why: "closed" }],
  ])("%j does not come back by itself", async (notice, ending) => {
    const connection = await opened();
    wire.arrive();
    wire.say("notice", notice);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(endings).toEqual([ending]);
    expect(wire.dials).toHaveLength(1);
    await expect(connection.command("hand.raise", {})).resolves.toMatchObject({ ok: false });
  });

  it("resume comes back after what the server asked for", async () => {
    await opened();
    wire.arrive();
    wire.say("notice", { type: "resume", delay_ms: 5000 });
    await vi.advanceTimersByTimeAsync(4999);
    expect(wire.dials).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(wire.dials).toHaveLength(2);
  });

  it("leaving says so, and does not wait for ever", async () => {
    const connection = await opened();
    wire.arrive();
    const left = connection.leave();
    await vi.advanceTimersByTimeAsync(1000);
    await left;
    expect(wire.of("class.leave")).toHaveLength(1);
    expect(endings).toEqual([{ why: "left" }]);
  });
});

it("backs off with full jitter, from 0.3 to 5 seconds", () => {
  expect(backoffMs(0, 0, 1)).toBe(300);
  expect(backoffMs(3, 0, 1)).toBe(2400);
  expect(backoffMs(30, 0, 1)).toBe(5000);
  expect(backoffMs(30, 0, 0)).toBe(50);
  expect(backoffMs(0, 2000, 0.5)).toBe(2150);
});
