/** Reactions float by with a name, and are gone. */

import { t, type Key } from "../../i18n";
import type { Reaction } from "../../protocol/messages";
import type { Faces } from "./faces";
import type { Visit } from "./visit";

export const REACTIONS: readonly { kind: Reaction; sign: string; word: Key }[] = [
  { kind: "yes", sign: "👍", word: "class.reactYes" },
  { kind: "no", sign: "👎", word: "class.reactNo" },
  { kind: "applause", sign: "👏", word: "class.reactApplause" },
  { kind: "laugh", sign: "😄", word: "class.reactLaugh" },
  { kind: "heart", sign: "❤️", word: "class.reactHeart" },
  { kind: "think", sign: "🤔", word: "class.reactThink" },
];

export function Floating({ visit, faces }: { visit: Visit; faces: Faces }) {
  return (
    <div class="floats" role="status" aria-live="off">
      {visit.store.reactions.value.map(({ key, user, kind }) => {
        const reaction = REACTIONS.find((one) => one.kind === kind);
        if (!reaction) return null;
        return (
          <span key={key} class="float">
            <span aria-hidden="true">{reaction.sign}</span>
            <span class="sr">{t(reaction.word)}</span>
            <bdi class="xs">{faces.nameOf(user)}</bdi>
          </span>
        );
      })}
    </div>
  );
}
