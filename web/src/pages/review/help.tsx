/** The keys of reviewing. */
import type { Key } from "../../i18n";
import { KeysHelp } from "../keyshelp";

const LIST: readonly (readonly [string, Key])[] = [
  ["A", "factory.keyAccept"],
  ["E", "factory.keyEdit"],
  ["R", "factory.keyReject"],
  ["J", "factory.keyNext"],
  ["K", "factory.keyBack"],
  ["?", "factory.keyHelp"],
];

export function Help({ onClose }: { readonly onClose: () => void }) {
  return <KeysHelp list={LIST} onClose={onClose} />;
}
