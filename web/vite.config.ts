/// <reference types="vitest/config" />
// How the pages are built: one static shell, hashed assets, code split by page.
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

export default defineConfig({
  plugins: [bootScript()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  css: { transformer: "lightningcss", lightningcss: { targets: STYLE_TARGETS } },
  build: {
    target: SCRIPT_TARGETS,
    cssMinify: "lightningcss",
    manifest: true,
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
