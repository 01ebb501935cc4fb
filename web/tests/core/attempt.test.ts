/** An attempt in a browser: written down first, sent until it is there, the newest device counts, the server's clock rules. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ExamAttempt } from "../../src/core/attempt";
import { Refused, Unreachable } from "../../src/core/errors";
import type { AttemptWire } from "../../src/core/exams";
import { Journal, type Entry } from "../../src/core/journal";
import { fresh, newest } from "../../src/core/opening";
import type { AnswerAck, AttemptView, BeatAnswer, OpenAttempt, Receipt } from "../../src/protocol/api";

const user = { id: "u1", email: "a@b.c", name: "Amara Okafor", roles: ["student"], active: true, created_at: "2026-11-20T09:00:00Z" } as const;
const HOUR_MS = 3_600_000;
const NOW = "2026-11-20T10:00:00Z";

/** A school in memory: keeps answers as the server does, and can be away. */
class School implements AttemptWire {
  readonly stored = new Map<string, Entry>();
  readonly asked: string[] = [];
  opening = 1;
  endsAt = Date.parse(NOW) + HOUR_MS;
  remainingMs = HOUR_MS;
  away = false;
  loseAcks = 0;
  refuse: Refused | null = null;
  receipt: Receipt | null = null;

  private arrive(what: string): void {
    this.asked.push(what);
    if (this.away) throw new Unreachable("away");
    if (this.refuse) throw this.refuse;
  }

  async save(entry: Entry): Promise<AnswerAck> {
    this.arrive(`save ${entry.item} ${entry.opening}.${entry.seq}`);
    const key = [entry.item, entry.opening, entry.seq].join(" ");
    const known = this.stored.get(key);
    if (known && JSON.stringify(known.value) !== JSON.stringify(entry.value)) throw new Refused(409, { code: "seq_conflict" }, null);
    this.stored.set(key, entry);
    if (this.loseAcks > 0) {
      this.loseAcks -= 1;
      throw new Unreachable("the answer was lost");
    }
    return { opening: entry.opening, seq: entry.seq, server_time: NOW, remaining_ms: this.remainingMs, late: false, current_opening: this.opening, version: "v" };
  }

  async beat(): Promise<BeatAnswer> {
    this.arrive("beat");
    const state = this.receipt ? "submitted" : "open";
    return { state, ends_at: new Date(this.endsAt).toISOString(), server_time: NOW, remaining_ms: this.remainingMs, current_opening: this.opening };
  }

  async open(): Promise<OpenAttempt> {
    this.arrive("open");
    this.opening += 1;
    return this.paper();
  }

  async view(): Promise<AttemptView> {
    this.arrive("view");
    return { receipt: this.receipt, state: this.receipt ? "submitted" : "open" } as AttemptView;
  }

  async submit(_: string, { opening, last_seq: lastSeq }: { opening: number; last_seq: number }): Promise<Receipt> {
    this.arrive(`submit ${opening}.${lastSeq}`);
    if (opening !== this.opening) throw new Refused(409, { code: "opening_superseded" }, null);
    const seqs = [...this.stored.values()].filter((one) => one.opening === opening).map(({ seq }) => seq);
    if (lastSeq !== Math.max(0, ...seqs)) throw new Refused(409, { code: "answers_missing" }, null);
    this.receipt ??= { attempt_id: "t1", receipt: "R" } as Receipt;
    return this.receipt;
  }

  paper(): OpenAttempt {
    const answers: Record<string, Entry> = {};
    for (const entry of this.stored.values()) answers[entry.item] = entry;
    return {
      id: "t1", assessment_id: "a1", title: "Term test", number: 1, opening: this.opening, state: "open", ends_at: new Date(this.endsAt).toISOString(),
      server_time: NOW, remaining_ms: this.remainingMs, sections: [], items: [], answers, pictures: {},
    };
  }

  value(item: string) {
    const all = [...this.stored.values()].filter((one) => one.item === item);
    return all.toSorted((one, other) => one.opening - other.opening || one.seq - other.seq).at(-1)?.value;
  }
}

let school: School;
let open: ExamAttempt[] = [];
const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** A page that opens the attempt: its own journal on the same disk, as after a reload. */
async function page({ offline = false, mayHaveOpened = false } = {}): Promise<ExamAttempt> {
  const journal = await Journal.open();
  const world = { wire: school, journal, clock, random: () => 0.5 };
  const before = await journal.kept("t1");
  if (offline) {
    if (!before) throw new Error("This browser knows nothing of the attempt.");
    const gone = new ExamAttempt(world, before, await journal.entries("t1"), { mayHaveOpened });
    open.push(gone);
    return gone;
  }
  const kept = fresh(before ? await school.open() : school.paper(), user, before, Date.now() + school.remainingMs);
  await journal.keep(kept);
  const attempt = new ExamAttempt(world, kept, await journal.entries("t1"), { sentMs: performance.now() });
  open.push(attempt);
  return attempt;
}

const { setImmediate: soon } = globalThis as unknown as { setImmediate: (work: (value: unknown) => void) => void };

/** Lets timers and the disk run. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 100) {
    await vi.advanceTimersByTimeAsync(Math.min(100, Math.max(1, left)));
    for (let turn = 0; turn < 4; turn++) await new Promise((done) => soon(done));
  }
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"], now: Date.parse(NOW) });
  school = new School();
});

afterEach(() => {
  for (const one of open) one.close();
  open = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("an answer", () => {
  test("is in the journal before it is on the wire, and leaves it with the acknowledgement", async () => {
    const attempt = await page();
    let held = 0;
    const save = school.save.bind(school);
    school.save = async (entry) => {
      held = (await (await Journal.open()).entries("t1")).length;
      return await save(entry);
    };
    attempt.answer("i1", "o2");
    await pass(300);
    expect(held).toBe(1);
    expect(school.value("i1")).toBe("o2");
    expect(attempt.waiting.value.size).toBe(0);
    expect(await (await Journal.open()).entries("t1")).toEqual([]);
  });

  test("is not said to be saved before the school has it", async () => {
    const attempt = await page();
    school.away = true;
    attempt.answer("i1", "o2");
    await pass(2_000);
    expect(attempt.waiting.value).toEqual(new Set(["i1"]));
    expect(attempt.savedAt.value).toBeNull();
    expect(attempt.link.value).toBe("away");
    school.away = false;
    await pass(15_000);
    expect(attempt.waiting.value.size).toBe(0);
    expect(attempt.savedAt.value).toBe(NOW);
    expect(attempt.link.value).toBe("live");
  });

  test("goes out again under the same number when its acknowledgement was lost", async () => {
    const attempt = await page();
    school.loseAcks = 1;
    attempt.answer("i1", "o2");
    await pass(8_000);
    expect(school.asked.filter((one) => one.startsWith("save"))).toEqual(["save i1 1.1", "save i1 1.1"]);
    expect(school.stored.size).toBe(1);
  });

  test("that was changed while the link was away goes out once, as the newest", async () => {
    const attempt = await page();
    school.away = true;
    for (const value of ["o1", "o2", "o3"]) {
      attempt.answer("i1", value);
      await pass(200);
    }
    school.away = false;
    school.asked.length = 0;
    await pass(15_000);
    expect(school.asked.filter((one) => one.startsWith("save"))).toEqual(["save i1 1.3"]);
    expect(school.value("i1")).toBe("o3");
  });

  test("is one in flight an item", async () => {
    const attempt = await page();
    let flying = 0;
    let most = 0;
    const save = school.save.bind(school);
    school.save = async (entry) => {
      flying += 1;
      most = Math.max(most, flying);
      await new Promise((done) => setTimeout(done, 500));
      flying -= 1;
      return await save(entry);
    };
    for (const value of ["a", "b", "c", "d"]) attempt.answer("i1", value);
    await pass(3_000);
    expect(most).toBe(1);
    expect(school.value("i1")).toBe("d");
  });

  test("that the school will not take is named and troubles the others no more", async () => {
    const attempt = await page();
    school.refuse = new Refused(422, { code: "wrong_value" }, null);
    attempt.answer("i1", "o2");
    await pass(500);
    school.refuse = null;
    attempt.answer("i2", "o1");
    await pass(500);
    expect(attempt.refused.value.get("i1")).toBe("wrong_value");
    expect(school.value("i2")).toBe("o1");
    expect(attempt.waiting.value.size).toBe(0);
  });

  test("waits as long as a busy school asks for", async () => {
    const attempt = await page();
    school.refuse = new Refused(503, { code: "busy" }, 4_000);
    attempt.answer("i1", "o2");
    await pass(500);
    school.refuse = null;
    await pass(3_000);
    expect(school.asked.filter((one) => one.startsWith("save"))).toHaveLength(1);
    await pass(4_000);
    expect(school.value("i1")).toBe("o2");
  });
});

describe("typing", () => {
  test("is saved within a second of a pause", async () => {
    const attempt = await page();
    attempt.type("i1", "An ec");
    await pass(300);
    attempt.type("i1", "An echo");
    expect(school.stored.size).toBe(0);
    await pass(1_000);
    expect(school.value("i1")).toBe("An echo");
  });

  test("is saved every five seconds while it goes on", async () => {
    const attempt = await page();
    for (let word = 1; word <= 30; word++) {
      attempt.type("i1", "w".repeat(word));
      await pass(300);
    }
    expect(school.stored.size).toBeGreaterThanOrEqual(2);
    await pass(1_000);
    expect(school.value("i1")).toBe("w".repeat(30));
  });

  test("that a page holds in its last moment is there after the reload", async () => {
    const attempt = await page();
    school.away = true;
    attempt.type("i1", "the last words");
    // The disk does not end its work before the page is gone.
    const slow = vi.spyOn(Journal.prototype, "write").mockReturnValue(new Promise(() => undefined));
    attempt.leave();
    await pass(100);
    slow.mockRestore();
    const after = await page({ offline: true });
    expect(after.answers.value["i1"]).toBe("the last words");
    school.away = false;
    await pass(15_000);
    expect(school.value("i1")).toBe("the last words");
  });
});

describe("a reload", () => {
  test("offline shows what waits, and numbers go on where they were", async () => {
    const attempt = await page();
    attempt.answer("i1", "o1");
    await pass(300);
    school.away = true;
    attempt.answer("i1", "o2");
    attempt.answer("i2", true);
    await pass(300);
    attempt.close();
    const after = await page({ offline: true });
    expect(after.answers.value).toEqual({ i1: "o2", i2: true });
    after.answer("i3", ["a"]);
    school.away = false;
    await pass(20_000);
    expect([...school.stored.keys()].toSorted()).toEqual(["i1 1 1", "i1 1 2", "i2 1 3", "i3 1 4"]);
  });

  test("online sends what waits under its old opening, and begins a new one", async () => {
    const attempt = await page();
    school.away = true;
    attempt.answer("i1", "o2");
    await pass(300);
    attempt.close();
    school.away = false;
    const after = await page();
    expect(after.answers.value["i1"]).toBe("o2");
    after.answer("i2", "o1");
    await pass(1_000);
    expect([...school.stored.keys()].toSorted()).toEqual(["i1 1 1", "i2 2 1"]);
  });
});

describe("another device", () => {
  test("that opened the attempt makes this page read only until it is taken over", async () => {
    const attempt = await page();
    school.opening = 2;
    attempt.answer("i1", "o1");
    await pass(500);
    expect(attempt.phase.value).toBe("superseded");
    expect(attempt.writable.value).toBe(false);
    await attempt.takeOver();
    expect(attempt.phase.value).toBe("open");
    attempt.answer("i1", "o2");
    await pass(500);
    expect(school.stored.get("i1 3 1")?.value).toBe("o2");
  });

  test("is no other device when it was this page, whose answer was lost", async () => {
    const attempt = await page();
    attempt.close();
    school.opening = 2;
    const after = await page({ offline: true, mayHaveOpened: true });
    await pass(5_000);
    expect(after.phase.value).toBe("open");
    expect(school.opening).toBe(3);
  });

  test("that wrote later is not overwritten by one that was away", () => {
    const saved = { i1: { value: "newer", opening: 2, seq: 1 } };
    const waiting = [{ attempt: "t1", item: "i1", opening: 1, seq: 9, value: "older" }];
    expect(newest(saved, waiting)).toEqual({ i1: "newer" });
  });
});

describe("handing in", () => {
  test("waits until everything is acknowledged and names the last number", async () => {
    const attempt = await page();
    school.away = true;
    attempt.type("i1", "words");
    const done = attempt.submit();
    await pass(3_000);
    expect(school.asked.filter((one) => one.startsWith("submit"))).toEqual([]);
    expect(attempt.phase.value).toBe("submitting");
    school.away = false;
    await pass(20_000);
    await done;
    expect(attempt.receipt.value?.receipt).toBe("R");
    expect(school.asked.filter((one) => one.startsWith("submit"))).toEqual(["submit 1.1"]);
    expect(await (await Journal.open()).kept("t1")).toBeNull();
  });

  test("opens the attempt anew when the school counts more than this browser", async () => {
    const attempt = await page();
    school.stored.set("i9 1 7", { attempt: "t1", item: "i9", opening: 1, seq: 7, value: "x" });
    const done = attempt.submit();
    await pass(10_000);
    await done;
    expect(school.asked.filter((one) => !one.startsWith("beat"))).toEqual(["submit 1.0", "open", "submit 2.0"]);
    expect(attempt.phase.value).toBe("submitted");
  });

  test("is refused where another device is newer", async () => {
    const attempt = await page();
    school.opening = 2;
    await attempt.submit();
    expect(attempt.phase.value).toBe("superseded");
  });
});

describe("the time", () => {
  test("is the server's, whatever this machine's clock says", async () => {
    school.remainingMs = 10 * 60_000;
    const attempt = await page();
    vi.setSystemTime(Date.parse(NOW) + 5 * HOUR_MS);
    await pass(1_000);
    expect(Math.round(attempt.leftMs.value / 1000)).toBe(599);
  });

  test("that was added is seen with the next beat", async () => {
    const attempt = await page();
    school.endsAt += 600_000;
    school.remainingMs += 600_000;
    await pass(17_000);
    expect(attempt.extendedMs.value).toBe(600_000);
    expect(attempt.leftMs.value).toBeGreaterThan(HOUR_MS + 580_000);
  });

  test("that is up locks the page, saves what was typed, and shows the receipt of the deadline", async () => {
    school.remainingMs = 5_000;
    const attempt = await page();
    await pass(4_800);
    attempt.type("i1", "last");
    school.remainingMs = 0;
    await pass(600);
    expect(attempt.phase.value).toBe("time_up");
    expect(attempt.writable.value).toBe(false);
    expect(school.value("i1")).toBe("last");
    school.receipt = { attempt_id: "t1", receipt: "D", submitted_by: "deadline" } as Receipt;
    await pass(6_000);
    expect(attempt.receipt.value?.submitted_by).toBe("deadline");
  });

  test("that comes back after the end opens the page again", async () => {
    school.remainingMs = 2_000;
    const attempt = await page();
    await pass(2_500);
    expect(attempt.phase.value).toBe("time_up");
    school.remainingMs = 300_000;
    await pass(6_000);
    expect(attempt.phase.value).toBe("open");
  });
});

test("a browser that keeps nothing says so, and sends all the same", async () => {
  vi.stubGlobal("indexedDB", { open: () => { throw new Error("forbidden"); } });
  const attempt = await page();
  expect(attempt.lasting.value).toBe(false);
  attempt.answer("i1", "o1");
  await pass(500);
  expect(school.value("i1")).toBe("o1");
});

test("two tabs with one opening never use one number twice", async () => {
  const first = await page();
  school.away = true;
  const second = await page({ offline: true });
  first.answer("i1", "a");
  second.answer("i1", "b");
  await pass(500);
  const seqs = (await (await Journal.open()).entries("t1")).map(({ seq }) => seq);
  expect(new Set(seqs).size).toBe(seqs.length);
  school.away = false;
  await pass(15_000);
  // A number that was given twice would be a conflict, and a conflict opens the attempt anew.
  expect(school.asked).not.toContain("open");
  expect([first, second].every(({ waiting }) => waiting.value.size === 0)).toBe(true);
});
