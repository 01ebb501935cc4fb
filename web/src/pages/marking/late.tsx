/** Answers that came late: whether they count is decided here, and can be decided anew. */
import { useState } from "preact/hooks";
import { marking } from "../../core/teaching";
import { t } from "../../i18n";
import type { AttemptLine } from "../../protocol/api";
import { Button } from "../../ui/button";
import { toast } from "../../ui/toast";
import { say } from "../words";

export function LateDecision({ of, onDecided }: { readonly of: AttemptLine; readonly onDecided: () => void }) {
  const [busy, setBusy] = useState(false);
  const decide = async (count: boolean) => {
    setBusy(true);
    try {
      await marking.countLate(of.id, count);
      toast(t(count ? "marking.lateCountNow" : "marking.lateNotNow", { name: of.name }), { undo: () => void decide(!count) });
      onDecided();
    } catch (error) {
      toast(say(error));
    } finally {
      setBusy(false);
    }
  };
  if (of.late_answers === 0) return null;
  return (
    <div class="banner warn round" role="group" aria-label={t("marking.late")}>
      <p class="sp">{t(of.count_late ? "marking.lateCounts" : "marking.lateDoesNot", { count: of.late_answers })}</p>
      <Button size="s" busy={busy} onClick={() => void decide(!of.count_late)}>
        {t(of.count_late ? "marking.lateDrop" : "marking.lateTake")}
      </Button>
    </div>
  );
}
