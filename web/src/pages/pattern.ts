/** Matches an address with a pattern like `/courses/:courseId`; pure. */
export function parameters(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split("/");
  const given = path.replace(/\/+$/, "").split("/");
  if (pattern === "/") return path === "/" ? {} : null;
  if (wanted.length !== given.length) return null;
  const values: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const said = given[at] ?? "";
    if (part.startsWith(":")) {
      if (!/^[\w-]+$/.test(said)) return null;
      values[part.slice(1)] = said;
    } else if (part !== said) return null;
  }
  return values;
}
