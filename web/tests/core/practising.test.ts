/** A lesson of the tutor in a browser: checked at once, kept without a link, checked in order on return, ended once. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Refused, Unreachable } from "../../src/core/errors";
import { Journal, type Entry } from "../../src/core/journal";
import type { KeptLesson } from "../../src/core/practice";
import { keptOf, PracticeLesson, type PracticeWire } from "../../src/core/practising";
import type { AnsweredItem, Practice, PracticeItem, PracticeSummary, Verdict } from "../../src/protocol/api";

const user = { id: "u1", email: "a@b.c", name: "Amara Okafor", roles: ["student"], active: true, created_at: "2026-11-20T09:00:00Z" } as const;
const ITEMS = ["i1", "i2", "i3"].map((id) => ({ id, kind: "short_text", pictures: {} }) as PracticeItem);

/** A school in memory: the word "right" is right, and the first answer of an item counts. */
class School implements PracticeWire {
  readonly stored = new Map<string, AnsweredItem>();
  readonly asked: string[] = [];
  away = false;
  refuse: Readonly<Record<string, Refused>> = {};
  finished = false;

  private arrive(what: string): void {
    this.asked.push(what);
    if (this.away) throw new Unreachable("away");
  }

  async save({ item, seq, value }: Entry): Promise<Verdict> {
    this.arrive(`save ${item}`);
    const refused = this.refuse[item];
    if (refused) throw refused;
    const known = this.stored.get(item);
    if (known && (known.seq !== seq || known.value !== value)) throw new Refused(409, { code: "seq_conflict" }, null);
    const verdict = { correct: value === "right", feedback: "", pictures: {} } as Verdict;
    this.stored.set(item, { item_id: item, seq, value, verdict });
    return verdict;
  }

  async get(): Promise<Practice> {
    this.arrive("get");
    return { practice_id: "p1", course_id: "c1", items: ITEMS, answers: [...this.stored.values()], finished: this.finished };
  }

  async finish(): Promise<PracticeSummary> {
    this.arrive("finish");
    this.finished = true;
    return { practice_id: "p1", asked: ITEMS.length, answered: this.stored.size, right: 0, skills: [] };
  }
}

let school: School;
let open: PracticeLesson[] = [];

/** A page that opens the lesson: its own journal on the same disk, as after a reload. */
async function page(): Promise<PracticeLesson> {
  const journal = await Journal.open<KeptLesson>("practice");
  const kept = school.away ? await journal.kept("p1") : keptOf(await school.get(), "k1", user);
  if (!kept) throw new Error("This browser knows nothing of the lesson.");
  const before = await journal.kept("p1");
  await journal.keep({ ...kept, lastSeq: Math.max(kept.lastSeq, before?.lastSeq ?? 0) });
  const world = { wire: school, journal, monotonicMs: () => performance.now(), random: () => 0.5 };
  const lesson = new PracticeLesson(world, kept, await journal.entries("p1"));
  open.push(lesson);
  return lesson;
}

const { setImmediate: soon } = globalThis as unknown as { setImmediate: (work: (value: unknown) => void) => void };

/** Lets timers and the disk run. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 100) {
    await vi.advanceTimersByTimeAsync(Math.min(100, Math.max(1, left)));
    for (let turn = 0; turn < 4; turn++) await new Promise((done) => soon(done));
  }
}

async function answer(lesson: PracticeLesson, value: string): Promise<void> {
  lesson.choose(value);
  await lesson.check();
  await pass(100);
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  school = new School();
});

afterEach(() => {
  for (const one of open) one.close();
  open = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("an answer", () => {
  test("is checked at once, and the next item comes when the learner wants it", async () => {
    const lesson = await page();
    await answer(lesson, "right");
    expect(lesson.stage.value).toBe("checked");
    expect(lesson.verdicts.value["i1"]?.correct).toBe(true);
    expect(lesson.item.value?.id).toBe("i1");
    lesson.next();
    expect(lesson.item.value?.id).toBe("i2");
    expect(lesson.stage.value).toBe("asking");
  });

  test("is given once: neither another choice nor another check changes it", async () => {
    const lesson = await page();
    await answer(lesson, "wrong");
    await answer(lesson, "right");
    expect(school.stored.get("i1")?.value).toBe("wrong");
    expect(school.asked.filter((one) => one.startsWith("save"))).toEqual(["save i1"]);
  });

  test("that nobody chose is not given", async () => {
    const lesson = await page();
    await lesson.check();
    lesson.next();
    expect(lesson.item.value?.id).toBe("i1");
    expect(school.asked).toEqual(["get"]);
  });

  test("to an item that was taken out counts for nothing, and the lesson goes on", async () => {
    const lesson = await page();
    school.refuse = { i1: new Refused(409, { code: "item_withdrawn" }, null) };
    await answer(lesson, "right");
    expect(lesson.stage.value).toBe("void");
    lesson.next();
    expect(lesson.item.value?.id).toBe("i2");
  });

  test("that another page gave first is shown as the school has it", async () => {
    const lesson = await page();
    await school.save({ attempt: "p1", item: "i1", opening: 1, seq: 9, value: "right" });
    await answer(lesson, "wrong");
    expect(lesson.values.value["i1"]).toBe("right");
    expect(lesson.stage.value).toBe("checked");
  });

  test("that the school is slow with does not hold the learner up", async () => {
    const lesson = await page();
    let arrive: (verdict: Verdict) => void = () => undefined;
    vi.spyOn(school, "save").mockReturnValueOnce(new Promise((done) => (arrive = done)));
    await answer(lesson, "right");
    expect(lesson.stage.value).toBe("checking");
    await pass(3_000);
    expect(lesson.stage.value).toBe("kept");
    lesson.next();
    expect(lesson.item.value?.id).toBe("i2");
    arrive({ correct: true, feedback: "", pictures: {} } as Verdict);
    await pass(100);
    expect(lesson.returned.value).toEqual(["i1"]);
  });
});

describe("without a link", () => {
  test("the lesson is finished here, and checked in its order when the school is back", async () => {
    const lesson = await page();
    school.away = true;
    for (const value of ["right", "wrong", "right"]) {
      await answer(lesson, value);
      expect(lesson.stage.value).toBe("kept");
      lesson.next();
    }
    expect(lesson.item.value).toBeNull();
    expect(lesson.waiting.value).toBe(3);
    await pass(5_000);
    expect(lesson.summary.value).toBeNull();

    school.away = false;
    school.asked.length = 0;
    lesson.wake();
    await pass(2_000);
    expect(school.asked).toEqual(["save i1", "save i2", "save i3", "finish"]);
    expect(lesson.returned.value).toEqual(["i1", "i2", "i3"]);
    expect(lesson.summary.value?.answered).toBe(3);
    expect(await (await Journal.open<KeptLesson>("practice")).kept("p1")).toBeNull();
  });

  test("a page that is opened again goes on where it was, with what waited", async () => {
    const first = await page();
    await answer(first, "right");
    first.next();
    school.away = true;
    await answer(first, "wrong");
    first.close();

    const again = await page();
    expect(again.item.value?.id).toBe("i3");
    expect(again.stageOf("i1")).toBe("checked");
    expect(again.stageOf("i2")).toBe("kept");
    school.away = false;
    again.wake();
    await pass(2_000);
    expect(school.stored.get("i2")?.value).toBe("wrong");
    await answer(again, "right");
    expect([...school.stored.values()].map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test("exams and practice keep apart what they hold", async () => {
    await answer(await page(), "right");
    expect(await (await Journal.open()).kept("p1")).toBeNull();
    expect(localStorage.getItem("lectern.practice")).toBe("1");
    expect(localStorage.getItem("lectern.exams")).toBeNull();
  });
});

describe("the end", () => {
  test("comes after the last item, once", async () => {
    const lesson = await page();
    for (const value of ["right", "right", "right"]) {
      await answer(lesson, value);
      lesson.next();
    }
    void lesson.finish();
    await pass(100);
    expect(school.asked.filter((one) => one === "finish")).toEqual(["finish"]);
    expect(lesson.summary.value?.answered).toBe(3);
  });

  test("may be chosen earlier, and what was left out is not answered", async () => {
    const lesson = await page();
    await answer(lesson, "right");
    lesson.next();
    lesson.skip();
    expect(lesson.item.value?.id).toBe("i3");
    void lesson.finish();
    await pass(100);
    expect(lesson.summary.value?.answered).toBe(1);
  });

  test("says why it cannot come, when that will not pass", async () => {
    const lesson = await page();
    const finish = vi.spyOn(school, "finish").mockRejectedValue(new Refused(404, { code: "practice_unknown" }, null));
    void lesson.finish();
    await pass(100);
    expect(lesson.trouble.value).toBeInstanceOf(Refused);
    expect(finish).toHaveBeenCalledTimes(1);
  });
});
