/** The set holds the icons that the pages draw, and no others. */
import { expect, test } from "vitest";
import { ICONS } from "../../src/ui/icons";

const SOURCES = import.meta.glob<string>("../../src/{ui,pages}/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

test("every icon is drawn somewhere", () => {
  const drawn = Object.entries(SOURCES)
    .filter(([path]) => !path.endsWith("/icons.ts"))
    .map(([, source]) => source)
    .join("\n");
  expect(Object.keys(ICONS).filter((name) => !drawn.includes(`"${name}"`))).toEqual([]);
});
