/** Initials of names from everywhere. */
import { expect, test } from "vitest";
import { initials } from "../../src/ui/avatar";

test.each([
  ["Amara Okafor", "AO"],
  ["Sofía Castellanos Rivera", "SR"],
  ["Madonna", "M"],
  ["Jean-Luc (guest)", "JL"],
  ["王小明", "王"],
  ["  ", ""],
])("%s", (name, wanted) => {
  expect(initials(name)).toBe(wanted);
});
