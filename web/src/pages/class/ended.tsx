/** The class is over for this browser: why, and the way on. */

import { t, type Key } from "../../i18n";
import type { Ending } from "../../core/connection";
import { Button, ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";

const WORDS: Readonly<Record<Ending["why"], { title: Key; text: Key; back: boolean }>> = {
  left: { title: "class.endLeft", text: "class.endLeftText", back: true },
  replaced: { title: "class.endReplaced", text: "class.endReplacedText", back: true },
  removed: { title: "class.endRemoved", text: "class.endRemovedText", back: false },
  signed_out: { title: "class.endSignedOut", text: "class.endSignedOutText", back: false },
  closed: { title: "class.endClosed", text: "class.endClosedText", back: false },
  refused: { title: "class.endRefused", text: "class.endRefusedText", back: true },
};

export function Ended({ ending, onBack }: { ending: Ending; onBack: () => void }) {
  const { title, text, back } = WORDS[ending.why];
  return (
    <main class="over" data-testid="class-ended" data-why={ending.why}>
      <Icon name="door" class="l" />
      <h1 tabIndex={-1} ref={(heading) => heading?.focus()}>{t(title)}</h1>
      <p class="mut">{t(text, { code: ending.why === "refused" ? ending.code : "" })}</p>
      <div class="row w">
        {back && <Button look="primary" onClick={onBack}>{t("class.comeBackIn")}</Button>}
        <ButtonLink href="/" look={back ? "plain" : "primary"}>{t("class.toHome")}</ButtonLink>
      </div>
    </main>
  );
}
