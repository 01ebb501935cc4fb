import { expect, test } from "vitest";
import { spell } from "../../src/core/clock";

const HOUR_MS = 3_600_000;

test("a time is spelled in minutes, and in hours from an hour on", () => {
  expect(spell(72_900, "en")).toBe("1:12");
  expect(spell(HOUR_MS + 123_000, "en-GB")).toBe("1:02:03");
  expect(spell(1_000 * HOUR_MS, "en")).toBe("1000:00:00");
  expect(spell(-5_000, "en")).toBe("0:00");
});

test("its digits are those of the reader's region", () => {
  expect(spell(72_900, "ar-EG")).toBe("١:١٢");
  expect(spell(72_900, "ar-MA")).toBe("1:12");
});
