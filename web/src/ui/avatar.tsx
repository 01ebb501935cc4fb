/** A person's initials, where there is no picture. */

/** The first letters of the first and the last word of a name. */
export function initials(name: string): string {
  const words = name.split(/[\s-]+/).filter((word) => /^\p{L}/u.test(word));
  const [first = name.trim()] = words;
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return [first, last].map((word) => Array.from(word)[0]?.toLocaleUpperCase() ?? "").join(/\p{Script=Arabic}/u.test(name) ? "\u200C" : "");
}

export function Avatar({ name, small = false }: { readonly name: string; readonly small?: boolean }) {
  return (
    // The letters are drawn by the style sheet: they are a picture, not words that a name must contain.
    <span class={small ? "av s" : "av"} aria-hidden="true" data-initials={initials(name)} />
  );
}
