/** On phones: who speaks now, and one's own place in the queue of hands, in one line. */

import { t } from "../../i18n";
import { Bars } from "../../ui/tile";
import type { Faces } from "./faces";
import type { Visit } from "./visit";

export function Speaking({ visit, faces }: { visit: Visit; faces: Faces }) {
  const { store } = visit;
  const [first] = store.speakers.value;
  const hand = store.myHand.value;
  if (first === undefined && hand === 0) return null;
  return (
    <p class="row mut sm phone-only speaking">
      {first !== undefined && (
        <>
          <Bars />
          <span>{t("class.isSpeaking", { name: faces.nameOf(first) })}</span>
        </>
      )}
      {hand > 0 && <span>{t("class.yourHand", { place: hand })}</span>}
    </p>
  );
}
