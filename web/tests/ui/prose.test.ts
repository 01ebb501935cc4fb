/** No text of a question becomes anything but what the reader knows: a corpus of what people try. */
import { h } from "preact";
import { render } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import { Read } from "../../src/ui/prose/read";

const PICTURES = { pic1: "/objects/pic1?signature=s" };
const TAGS = new Set(["p", "h3", "h4", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "div", "blockquote", "pre", "code", "strong", "em", "del", "a", "img", "span", "br", "hr"]);
const ATTRIBUTES = new Set(["dir", "class", "href", "target", "rel", "src", "alt", "loading", "decoding", "start", "scope", "tabindex", "data-align", "aria-hidden"]);
const TAG = /<(?<name>[a-z][\w:-]*)(?<attributes>(?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi;

const drawn = (text: string, inline = false) => render(h(Read, { text, inline, pictures: PICTURES }));

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

function tags(html: string): readonly Tag[] {
  return [...html.matchAll(TAG)].map(({ groups }) => ({
    name: groups?.["name"]?.toLowerCase() ?? "",
    attributes: new Map([...(groups?.["attributes"] ?? "").matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, name = "", value = ""]) => [name.toLowerCase(), value])),
  }));
}

function faultsOf({ name, attributes }: Tag): readonly string[] {
  const found = [...attributes.keys()].filter((one) => !ATTRIBUTES.has(one));
  if (!TAGS.has(name)) found.push(`<${name}>`);
  if (!/^(?:https?:\/\/|mailto:)/i.test(attributes.get("href") ?? "https://")) found.push(`href ${attributes.get("href")}`);
  if (name === "img" && attributes.get("src") !== PICTURES.pic1) found.push(`src ${attributes.get("src")}`);
  if (name === "a" && !attributes.get("rel")?.includes("noopener")) found.push("a link without noopener");
  return found;
}

/** What in this HTML is more than a text may be. */
function faults(html: string): readonly string[] {
  return tags(html).flatMap(faultsOf);
}

const RUNS = "alert(1)";
const RAW = [
  `<script>${RUNS}</script>`, `<SCRIPT SRC=//x.y/z.js></SCRIPT>`, `<scr<script>ipt>${RUNS}</scr</script>ipt>`, `<script/x>${RUNS}</script>`, `<img src=x onerror=${RUNS}>`,
  `<img src="x" onerror="${RUNS}">`, `<IMG """><SCRIPT>${RUNS}</SCRIPT>">`, `<img/src/onerror=${RUNS}>`, `<img src=x:x onerror=${RUNS}//`, `<svg onload=${RUNS}>`, `<svg/onload=${RUNS}>`,
  `<svg><script>${RUNS}</script></svg>`, `<svg><animate onbegin=${RUNS} attributeName=x>`, `<svg><use href="data:image/svg+xml,<svg id='x' onload='${RUNS}'/>#x">`, `<math><mtext><script>${RUNS}</script></mtext></math>`,
  `<math href="javascript:${RUNS}">x</math>`, `<iframe src="javascript:${RUNS}"></iframe>`, `<iframe srcdoc="<script>${RUNS}</script>">`, `<object data="javascript:${RUNS}">`, `<embed src="javascript:${RUNS}">`,
  `<body onload=${RUNS}>`, `<input autofocus onfocus=${RUNS}>`, `<select autofocus onfocus=${RUNS}>`, `<textarea autofocus onfocus=${RUNS}>`, `<details open ontoggle=${RUNS}>`, `<video><source onerror=${RUNS}>`, `<audio src=x onerror=${RUNS}>`,
  `<marquee onstart=${RUNS}>`, `<meter onmouseover=${RUNS}>0</meter>`, `<a href="javascript:${RUNS}">x</a>`, `<a href="jav&#x09;ascript:${RUNS}">x</a>`, `<a href="JaVaScRiPt:${RUNS}">x</a>`, `<form action="javascript:${RUNS}"><button>x</button></form>`,
  `<button formaction="javascript:${RUNS}">x</button>`, `<base href="javascript:/a/+${RUNS}//">`, `<link rel=stylesheet href=//x.y/z.css>`, `<style>@import '//x.y/z.css';</style>`, `<style>*{background:url(//x.y)}</style>`, `<p style="background:url(javascript:${RUNS})">x</p>`,
  `<div style="width:expression(${RUNS})">`, `<meta http-equiv=refresh content="0;url=javascript:${RUNS}">`, `<template><script>${RUNS}</script></template>`, `<noscript><p title="</noscript><img src=x onerror=${RUNS}>">`, `<!--<img src="--><img src=x onerror=${RUNS}//">`,
  `<![CDATA[<img src=x onerror=${RUNS}>]]>`, `<?xml-stylesheet href="javascript:${RUNS}"?>`, `</p><script>${RUNS}</script>`, `<table background="javascript:${RUNS}">`, `<x onclick=${RUNS}>x</x>`, `<x tabindex=1 onfocus=${RUNS} autofocus>`,
];
const MARKDOWN = [
  `[x](javascript:${RUNS})`, `[x](JAVASCRIPT:${RUNS})`, `[x](java\tscript:${RUNS})`, `[x](javascript&colon;${RUNS})`, `[x](&#106;avascript:${RUNS})`, `[x](&#x6A;avascript:${RUNS})`, `[x](\\javascript:${RUNS})`, `[x](\u0001javascript:${RUNS})`,
  `[x]( javascript:${RUNS} )`, `[x](<javascript:${RUNS}>)`, `[x](vbscript:msgbox)`, `[x](data:text/html;base64,PHNjcmlwdD4=)`, `[x](data:image/svg+xml,<svg onload=${RUNS}>)`, `[x](blob:https://x.y/z)`, `[x](file:///etc/passwd)`, `[x](//x.y)`, `[x](/api/v1/me)`, `[x](#main)`,
  `[x](https://x.y "onmouseover=${RUNS} ")`, `[x](https://x.y" onclick="${RUNS})`, `[x](https://x.y'onclick='${RUNS})`, `[<img src=x onerror=${RUNS}>](https://x.y)`, `[x][1]\n\n[1]: javascript:${RUNS}`, `[x][1]\n\n[1]: https://x.y "t\\" onclick=\\"${RUNS}"`,
  `<javascript:${RUNS}>`, `<https://x.y/"onclick="${RUNS}>`, `https://x.y/"onmouseover="${RUNS}`, `www.x.y/<script>${RUNS}</script>`, `![x](javascript:${RUNS})`, `![x](https://x.y/z.png)`, `![x](//x.y/z.png)`, `![x](data:image/svg+xml,<svg onload=${RUNS}>)`,
  `![x](upload:pic2)`, `![x](upload:../me)`, `![x](upload:pic1" onerror="${RUNS})`, `![x" onerror="${RUNS}](upload:pic1)`, `![x](upload:pic1 "t\\" onerror=\\"${RUNS}")`, `![x](UPLOAD:pic1)`, `![x](upload:__proto__)`, `![x](upload:constructor)`,
  `\`<script>${RUNS}</script>\``, `\`\`\`"><script>${RUNS}</script>\nx\n\`\`\``, `\`\`\`js onload=${RUNS}\nx\n\`\`\``, `    <script>${RUNS}</script>`, `# <script>${RUNS}</script>`, `- <script>${RUNS}</script>`, `> <script>${RUNS}</script>`, `| <script>${RUNS}</script> |\n|---|\n| <img src=x onerror=${RUNS}> |`,
  `**<script>${RUNS}</script>**`, `&lt;script&gt;${RUNS}&lt;/script&gt;`, `&#60;script&#62;${RUNS}`, `a\n\n<div>\n\n[x](javascript:${RUNS})\n\n</div>`, `\\<script>${RUNS}</script>`, `- [x] <script>${RUNS}</script>`,
];
const MATHS = [
  `$\\href{javascript:${RUNS}}{x}$`, `$\\url{javascript:${RUNS}}$`, `$\\includegraphics{javascript:${RUNS}}$`, `$\\htmlData{onclick=${RUNS}}{x}$`, `$\\htmlStyle{background:url(x)}{x}$`, `$\\htmlClass{x}{y}$`, `$<script>${RUNS}</script>$`, `$$<img src=x onerror=${RUNS}>$$`,
  `\\(<svg onload=${RUNS}>\\)`, `\\[</span><script>${RUNS}</script>\\]`, `{{<script>}}`, `{{gap"onfocus=${RUNS}}}`,
];

describe("what people try", () => {
  const corpus = [...RAW, ...MARKDOWN, ...MATHS];

  test("is a corpus of a hundred and more", () => {
    expect(corpus.length).toBeGreaterThanOrEqual(100);
    expect(new Set(corpus).size).toBe(corpus.length);
  });

  test.each(corpus)("%s", (text) => {
    for (const around of [text, `Before ${text} after`, `**b** \n\n${text}\n\n- i\n- ${text}`]) {
      expect(faults(drawn(around))).toEqual([]);
      expect(faults(drawn(around, true))).toEqual([]);
    }
  });

  test("would be seen, were it let through", () => {
    expect(faults(`<img src="x" onerror="${RUNS}">`)).toHaveLength(2);
    expect(faults('<a href="javascript:x">x</a><script>')).toHaveLength(3);
  });
});

describe("what a teacher writes", () => {
  test("is drawn as it was meant", () => {
    expect(drawn("**Which** of *these*?")).toBe('<p dir="auto"><strong>Which</strong> of <em>these</em>?</p>');
    expect(drawn("- a\n- b")).toContain('<ul><li dir="auto">a</li><li dir="auto">b</li></ul>');
    expect(drawn("a < b & c &lt; d")).toContain("a &lt; b &amp; c &lt; d");
    expect(drawn("[more](https://x.y/z)")).toContain('<a href="https://x.y/z" target="_blank" rel="noopener noreferrer nofollow">more</a>');
    expect(drawn("![a wave](upload:pic1)")).toContain('<img src="/objects/pic1?signature=s" alt="a wave"');
    expect(drawn("| a | b |\n|--|--:|\n| 1 | 2 |")).toContain('<td data-align="right">2</td>');
  });

  test("has its formulas taken out of the Markdown, and its prices left in", () => {
    expect(drawn("$a_1 * b_2 * c$")).toContain('<span class="maths" dir="ltr"></span>');
    expect(drawn("$$\\frac{a}{b}$$")).toContain('class="maths display"');
    expect(drawn("\\(x^2\\)")).toContain('class="maths"');
    expect(drawn("It costs $5 and not $7.")).toContain("It costs $5 and not $7.");
  });

  test("has its gaps where the braces stand, and no others", () => {
    const gap = (id: string) => h("input", { id });
    expect(render(h(Read, { text: "A {{one}} **b {{two}}** {{ no }}", gap }))).toContain('A <input id="one"/> <strong>b <input id="two"/></strong> {{ no }}');
  });

  test("is read in a moment even when somebody tries to make it long", () => {
    const before = performance.now();
    for (const text of ["*".repeat(5_000), "[".repeat(5_000), "$".repeat(5_000), "> ".repeat(2_000), "`".repeat(4_999), "{{".repeat(5_000), "![".repeat(3_000)]) drawn(text);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
