/** A lesson's text becomes blocks, and never markup. */
import { describe, expect, test } from "vitest";
import { blocks, minutesToRead, spans } from "../../src/core/prose";

const plain = (text: string) => [{ kind: "plain", text }];

describe("a text", () => {
  test("is parted into paragraphs by empty lines", () => {
    expect(blocks("One\nline\r\n\r\nTwo\n\n\n")).toEqual([
      { kind: "paragraph", spans: plain("One\nline") },
      { kind: "paragraph", spans: plain("Two") },
    ]);
  });

  test("has headings, also with the text right below them", () => {
    expect(blocks("# Slope\nSteep or flat.\n\n### Example")).toEqual([
      { kind: "heading", level: 2, spans: plain("Slope") },
      { kind: "paragraph", spans: plain("Steep or flat.") },
      { kind: "heading", level: 3, spans: plain("Example") },
    ]);
  });

  test("has lists and quotes when every line is one", () => {
    expect(blocks("- a\n- b\n\n1. x\n2. y\n\n> said")).toEqual([
      { kind: "bullets", items: [plain("a"), plain("b")] },
      { kind: "steps", items: [plain("x"), plain("y")] },
      { kind: "quote", spans: plain("said") },
    ]);
    expect(blocks("- a\nb")).toEqual([{ kind: "paragraph", spans: plain("- a\nb") }]);
  });

  test("keeps tags as the words that they are", () => {
    expect(blocks("<script>alert(1)</script>")).toEqual([{ kind: "paragraph", spans: plain("<script>alert(1)</script>") }]);
  });
});

test("a line has strong, leaning and code words", () => {
  expect(spans("a **b** *c* `d` *")).toEqual([
    { kind: "plain", text: "a " },
    { kind: "strong", text: "b" },
    { kind: "plain", text: " " },
    { kind: "em", text: "c" },
    { kind: "plain", text: " " },
    { kind: "code", text: "d" },
    { kind: "plain", text: " *" },
  ]);
});

test("even a short text takes a minute", () => {
  expect([minutesToRead("Short."), minutesToRead("word ".repeat(900))]).toEqual([1, 5]);
});
