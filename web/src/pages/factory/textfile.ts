/** A file as the text that it holds. */

/** Null where it is not plain text in UTF-8, is empty, or has more than so many characters. */
export async function textOf(file: Blob, most: number): Promise<string | null> {
  // A character of UTF-8 has four bytes at most: what is larger need not be read.
  if (file.size > most * 4) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()).trim();
    return text === "" || text.length > most || text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
