// Weighs what a browser must fetch before a page works, and fails when it is more than promised.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url);
const KB = 1024;
/** The promises, in bytes of gzipped script. */
const PAGES = [
  { name: "first page (sign-in)", roots: ["src/pages/signin/page.tsx"], max: 60 * KB },
  { name: "first page (home)", roots: ["src/pages/home/page.tsx"], max: 60 * KB },
  { name: "class page", roots: ["src/i18n/ar/class.json", "src/pages/door/index.tsx", "src/pages/class/index.tsx", "src/pages/class/visit.ts"], max: 150 * KB },
  {
    name: "lesson page, without maths",
    roots: ["src/i18n/ar/practice.json", "src/i18n/ar/skills.json", "src/i18n/ar/question.json", "src/pages/practice/page.tsx", "src/ui/prose/read.tsx"],
    max: 80 * KB,
  },
  {
    name: "exam page, with its maths",
    roots: ["src/i18n/ar/exam.json", "src/i18n/ar/question.json", "src/pages/exam/page.tsx", "src/ui/prose/read.tsx", "src/ui/prose/maths.tsx", "node_modules/katex/dist/katex.mjs"],
    max: 200 * KB,
  },
];
const STYLE_MAX = 16 * KB;
const ALWAYS = ["index.html", "src/i18n/ar/core.json"];

const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", DIST), "utf8"));

/** A chunk with all that it imports at once. */
function reached(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`${key} is not in the bundle.`);
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of chunk.imports ?? []) reached(next, seen);
  return seen;
}

const zipped = (file) => gzipSync(readFileSync(new URL(file, DIST)), { level: 6 }).length;
const kilobytes = (bytes) => `${(bytes / KB).toFixed(1)} KB`;
let heavy = false;

for (const { name, roots, max } of PAGES) {
  const keys = new Set([...ALWAYS, ...roots].flatMap((key) => Array.from(reached(key))));
  const chunks = [...keys].map((key) => manifest[key]);
  const script = chunks.reduce((sum, { file }) => sum + zipped(file), 0);
  const styles = new Set(chunks.flatMap(({ css }) => css ?? []));
  const style = [...styles].reduce((sum, file) => sum + zipped(file), 0);
  const over = script > max || style > STYLE_MAX;
  heavy ||= over;
  const said = `${name}: ${kilobytes(script)} of script (at most ${kilobytes(max)}), ${kilobytes(style)} of style (at most ${kilobytes(STYLE_MAX)}), gzipped`;
  process.stdout.write(`${over ? "TOO HEAVY " : ""}${said}\n`);
}
process.exit(heavy ? 1 : 0);
