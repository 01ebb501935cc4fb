/** Tiles are as large as they fit, and do not jump. */

import { describe, expect, it } from "vitest";
import { arrange, bringIn, nextExpiryMs, reseat, steadyStrip, strip, worthTaking, type Seat } from "../../src/media/layout";

const BOX = { width: 916, height: 590 };

describe("the wall", () => {
  it.each([
    [1, 1, 1, 916],
    [4, 2, 2, 454],
    [9, 3, 3, 300],
    [16, 4, 4, 223],
  ])("seats %i people in %i columns and %i rows", (people, columns, rows, width) => {
    const layout = arrange(people, BOX, 144);
    expect([layout.columns, layout.rows, Math.floor(layout.tileWidth), layout.pages]).toEqual([columns, rows, width, 1]);
  });

  it("never runs over its box, whatever the box", () => {
    for (const width of [280, 374, 640, 916, 1600]) {
      for (const height of [200, 430, 590, 900]) {
        for (let people = 1; people <= 60; people += 1) {
          const { columns, rows, tileWidth, ratio, perPage, pages } = arrange(people, { width, height }, 144);
          expect(columns * tileWidth + (columns - 1) * 8).toBeLessThanOrEqual(width + 0.01);
          expect((rows * tileWidth) / ratio + (rows - 1) * 8).toBeLessThanOrEqual(height + 0.01);
          expect(perPage * pages).toBeGreaterThanOrEqual(people);
          expect(columns * rows).toBeGreaterThanOrEqual(Math.min(people, perPage));
        }
      }
    }
  });

  it("has a place for everybody while an arrangement is kept", () => {
    for (let before = 1; before <= 40; before += 1) {
      for (let people = before; people <= 45; people += 1) {
        const kept = arrange(before, BOX, 144);
        const next = arrange(people, BOX, 144);
        if (!worthTaking(kept, next, people, BOX)) expect(kept.perPage * kept.pages).toBeGreaterThanOrEqual(people);
      }
    }
  });

  it("above sixteen people in a wide box the tiles are 4:3", () => {
    expect(arrange(25, BOX, 144).ratio).toBeCloseTo(4 / 3);
    expect(arrange(25, { width: 374, height: 700 }, 156).ratio).toBeCloseTo(16 / 9);
  });

  it("turns pages where tiles would be too small: a phone holds two columns", () => {
    const layout = arrange(30, { width: 374, height: 620 }, 156);
    expect([layout.columns, layout.rows, layout.pages]).toEqual([2, 6, 3]);
  });

  it("takes a new arrangement only when it must, or when tiles grow by 8 %", () => {
    const now = arrange(16, BOX, 144);
    expect(worthTaking(now, arrange(17, BOX, 144), 17, BOX)).toBe(true);
    expect(worthTaking(now, arrange(15, BOX, 144), 15, BOX)).toBe(false);
    expect(worthTaking(now, arrange(9, BOX, 144), 9, BOX)).toBe(true);
  });
});

describe("seats", () => {
  const users = (seats: readonly Seat[]) => seats.map((seat) => seat.user);

  it("are kept for ten seconds, then the last one fills the hole", () => {
    let seats = reseat([], ["a", "b", "c", "d"], 0);
    seats = reseat(seats, ["a", "c", "d"], 1000);
    expect(users(seats)).toEqual(["a", "b", "c", "d"]);
    expect(nextExpiryMs(seats)).toBe(11_000);
    seats = reseat(seats, ["a", "c", "d"], 10_999);
    expect(users(seats)).toEqual(["a", "b", "c", "d"]);
    seats = reseat(seats, ["a", "c", "d"], 11_000);
    expect(users(seats)).toEqual(["a", "d", "c"]);
    expect(nextExpiryMs(seats)).toBeNull();
  });

  it("wait for the one who comes back", () => {
    let seats = reseat([], ["a", "b", "c"], 0);
    seats = reseat(seats, ["a", "c"], 1000);
    seats = reseat(seats, ["a", "c", "b", "d"], 5000);
    expect(users(seats)).toEqual(["a", "b", "c", "d"]);
    expect(nextExpiryMs(seats)).toBeNull();
  });

  it("a last seat that is empty goes as well", () => {
    let seats = reseat([], ["a", "b"], 0);
    seats = reseat(seats, [], 0);
    expect(reseat(seats, [], 20_000)).toEqual([]);
  });
});

describe("pages", () => {
  const seats: Seat[] = ["t", "a", "b", "c", "d", "e"].map((user) => ({ user, leftAtMs: null }));
  const order = (next: Seat[] | null) => next?.map((seat) => seat.user).join("");
  const first = { from: 0, to: 3 };

  it("a speaker from another page takes the seat of who has been silent longest, never the teacher's", () => {
    expect(order(bringIn(seats, "d", first, new Map([["a", 5], ["b", 2]])))).toBe("tadcbe");
    expect(order(bringIn(seats, "e", first, new Map()))).toBe("tebcda");
  });

  it("who is in view stays where they are", () => {
    expect(bringIn(seats, "b", first, new Map())).toBeNull();
    expect(bringIn(seats, "x", first, new Map())).toBeNull();
  });

  it("works on any page", () => {
    expect(order(bringIn(seats, "a", { from: 3, to: 6 }, new Map()))).toBe("tcbade");
  });
});

describe("the strip beside a stage", () => {
  const people = ["a", "b", "t", "c", "d"].map((user) => ({ user, role: user === "t" ? "teacher" : "student" }));

  it("shows who speaks, the teacher, hands, then the rest", () => {
    expect(strip(people, ["d"], [{ user: "c" }], 4)).toEqual(["d", "t", "c", "a"]);
  });

  it("leaves those who stay where they are", () => {
    expect(steadyStrip(["d", "t", "c"], ["b", "t", "c"])).toEqual(["b", "t", "c"]);
    expect(steadyStrip(["a", "b"], ["b", "a", "c"])).toEqual(["a", "b", "c"]);
    expect(steadyStrip(["a", "b", "c"], ["c"])).toEqual(["c"]);
  });
});
