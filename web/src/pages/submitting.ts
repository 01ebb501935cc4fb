/** One submit at a time, and its refusal in words: at the field where the server named one. */
import { useState } from "preact/hooks";
import { Refused } from "../core/errors";
import { t } from "../i18n";
import { say } from "./words";

export interface Submitting {
  readonly busy: boolean;
  /** What went wrong, when it belongs to no field. */
  readonly fault: string | undefined;
  readonly faultOf: (pointer: string) => string | undefined;
  /** The server's no, for forms that place its faults themselves. */
  readonly refusal: Refused | undefined;
  readonly submit: (work: () => Promise<void>) => Promise<void>;
}

export function useSubmitting(pointers: readonly string[] = []): Submitting {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const at = (pointer: string) => (error instanceof Refused ? error.faultOf(pointer) : undefined);
  const isAtField = pointers.some((pointer) => at(pointer) !== undefined);
  return {
    busy,
    refusal: error instanceof Refused ? error : undefined,
    fault: error === undefined || isAtField ? undefined : say(error),
    faultOf: (pointer) => (at(pointer) === undefined ? undefined : t("error.field")),
    submit: async (work) => {
      setBusy(true);
      setError(undefined);
      try {
        await work();
      } catch (thrown) {
        setError(thrown);
      } finally {
        setBusy(false);
      }
    },
  };
}
