/// <reference types="vitest/config" />
// How the pages are built: one static shell, hashed assets, code split by page.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { browserslistToTargets } from "lightningcss";
import { defineConfig, type Plugin } from "vite";

const SCRIPT_TARGETS = ["chrome111", "edge111", "firefox115", "safari16.4"];
// `light-dark()`, logical shorthands and nesting are lowered for these.
const STYLE_TARGETS = browserslistToTargets(["chrome 111", "edge 111", "firefox 115", "safari 16.4"]);
const LECTERN = process.env["LECTERN_DEV_SERVER"] ?? "http://localhost:8080";

/** Puts src/boot.js before everything else, as a hashed file: theme and direction hold at the first paint. */
function bootScript(): Plugin {
  let file = "src/boot.js";
  return {
    name: "lectern:boot",
    async generateBundle() {
      const source = (await readFile("src/boot.js", "utf8")).replaceAll(/^\s*\/\/.*\n/gm, "");
      file = this.getFileName(this.emitFile({ type: "asset", name: "boot.js", source }));
    },
    transformIndexHtml: {
      order: "post",
      handler: () => [{ tag: "script", attrs: { src: `/${file}` }, injectTo: "head-prepend" }],
    },
  };
}

interface Worker {
  readonly name: "exam" | "lesson";
  /** Where its pages stand, and what the shell is kept under. */
  readonly shell: string;
  /** What its pages need offline: everything that these import, the words, the styles, the fonts of the formulas. */
  readonly roots: RegExp;
}

const WORKERS: readonly Worker[] = [
  {
    name: "exam",
    shell: "/exams/",
    roots: /\/src\/(?:main\.tsx|pages\/exam\/[a-z]+\.tsx?|ui\/prose\/[a-z]+\.tsx|i18n\/[a-z]+\/(?:core|exam|question)\.json|core\/leftovers\.ts)$|\/katex\//,
  },
  {
    name: "lesson",
    shell: "/courses/",
    roots: /\/src\/(?:main\.tsx|pages\/practice\/[a-z]+\.tsx?|ui\/prose\/[a-z]+\.tsx|i18n\/[a-z]+\/(?:core|practice|skills|question)\.json|core\/leftovers\.ts)$|\/katex\//,
  },
];

/** Puts src/worker.js beside the shell, once for each, with the list of its files and a version that changes with any of them. */
function offlineWorker({ name: whose, shell, roots }: Worker): Plugin {
  return {
    name: `lectern:${whose}-worker`,
    // After all others: some chunks hold nothing but a style and are taken out again.
    generateBundle: {
      order: "post",
      async handler(_, bundle) {
        const files = new Set<string>([shell, "/icon.svg"]);
        const take = (name: string) => {
          const one = bundle[name];
          if (!one || files.has(`/${name}`)) return;
          files.add(`/${name}`);
          if (one.type !== "chunk") return;
          for (const next of one.imports) take(next);
          for (const style of one.viteMetadata?.importedCss ?? []) take(style);
        };
        for (const [name, one] of Object.entries(bundle)) {
          const isRoot = one.type === "chunk" ? one.moduleIds.some((id) => roots.test(id)) : /(?:KaTeX_[^/]*\.woff2|katex-[^/]*\.css|boot-[^/]*\.js)$/.test(name);
          if (isRoot) take(name);
        }
        const listed = JSON.stringify([...files].toSorted());
        const html = await readFile("index.html", "utf8");
        const version = createHash("sha256").update(listed).update(html).digest("hex").slice(0, 12);
        const told = { __FILES__: listed, __NAME__: JSON.stringify(whose), __SHELL__: JSON.stringify(shell), __VERSION__: JSON.stringify(version) };
        const plain = (await readFile("src/worker.js", "utf8")).replaceAll(/^\s*\/\/.*\n/gm, "");
        const source = Object.entries(told).reduce((text, [word, value]) => text.replace(word, value), plain);
        this.emitFile({ type: "asset", fileName: `${whose}-worker.js`, source });
      },
    },
  };
}

/** Every browser that is served here reads woff2: the older forms of the fonts are left out. */
function newFontsOnly(): Plugin {
  return {
    name: "lectern:new-fonts-only",
    enforce: "pre",
    transform: (code, id) =>
      id.includes("katex") && id.endsWith(".css") ? code.replaceAll(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g, "") : undefined,
  };
}

export default defineConfig({
  plugins: [bootScript(), newFontsOnly(), ...WORKERS.map(offlineWorker)],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  css: { transformer: "lightningcss", lightningcss: { targets: STYLE_TARGETS } },
  build: {
    target: SCRIPT_TARGETS,
    cssMinify: "lightningcss",
    manifest: true,
    // The policy of the pages allows fonts and pictures from here, not from inside a style.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": LECTERN,
      "/socket.io": { target: LECTERN, ws: true },
      "/status": { target: LECTERN, bypass: (request) => (request.headers.accept?.includes("text/html") ? request.url : undefined) },
    },
  },
  test: { environment: "node", include: ["tests/**/*.test.ts"] },
});
