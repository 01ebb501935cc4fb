/** Somebody saved the same item meanwhile: shows theirs beside mine, and lets the writer decide. */
import { t } from "../../i18n";
import type { Question } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Preview } from "./preview";

interface Props {
  readonly theirs: Question;
  readonly onMine: () => void;
  readonly onTheirs: () => void;
  readonly onClose: () => void;
}

export function ConflictDialog({ theirs, onMine, onTheirs, onClose }: Props) {
  const { title, kind, content, key, pictures, version, updated_at } = theirs;
  return (
    <Dialog title={t("bank.conflict")} onClose={onClose} wide>
      <div class="stack">
        <p>{t("bank.conflictText", { version, at: updated_at })}</p>
        <p class="b">
          <bdi>{title}</bdi>
        </p>
        <Preview kind={kind} content={content} answer={key} pictures={pictures} name="theirs" />
        <div class="acts">
          <Button onClick={onTheirs}>{t("bank.takeTheirs")}</Button>
          <Button look="primary" onClick={onMine}>
            {t("bank.keepMine")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
