/** Errors in the words of the catalogue: by code, never by the server's prose. */
import { codeOf, Refused } from "../core/errors";
import { keyOr, region, t } from "../i18n";

export function say(error: unknown): string {
  const seconds = error instanceof Refused ? Math.ceil((error.retryAfterMs ?? 0) / 1000) : 0;
  return t(keyOr(`error.${codeOf(error)}`, "error.unexpected"), { seconds });
}

/** The short code by which support finds the answer again. */
export function referenceOf(error: unknown): string {
  return error instanceof Refused ? error.reference.slice(0, 12) : "";
}

/** A language by its name, in the language of the page. */
export function languageSaid(code: string): string {
  try {
    return new Intl.DisplayNames(region(), { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
