/** A text file as the source of a brief. */
import { expect, test } from "vitest";
import { textOf } from "../../src/pages/factory/textfile";

test("the text of a file is read as it is", async () => {
  expect(await textOf(new Blob(["\ufeffSound travels.\nالصوت ينتقل.\n"]), 100)).toBe("Sound travels.\nالصوت ينتقل.");
});

test.each([
  ["empty", new Blob([" \n"])],
  ["too long", new Blob(["x".repeat(101)])],
  ["far too long", new Blob(["x".repeat(401)])],
  ["no UTF-8", new Blob([new Uint8Array([0xff, 0xfe, 0x41])])],
  ["a program", new Blob([new Uint8Array([0x41, 0, 0x42])])],
])("what is %s is no text", async (_, file) => {
  expect(await textOf(file, 100)).toBeNull();
});
