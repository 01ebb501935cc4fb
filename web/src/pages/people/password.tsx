/** Gives a person a new password, after asking once, and shows it once. */
import { useState } from "preact/hooks";
import { people } from "../../core/school";
import { t } from "../../i18n";
import type { User } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FormFault } from "../../ui/form";
import { useSubmitting } from "../submitting";
import { Secret } from "./secret";

export function PasswordDialog({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const [password, setPassword] = useState<string | null>(null);
  const { busy, fault, submit } = useSubmitting();
  const reset = async () => setPassword((await people.resetPassword(user.id)).password);
  if (password !== null)
    return (
      <Dialog title={t("people.resetDone", { name: user.name })} onClose={onClose}>
        <Secret value={password} />
        <p class="hint">{t("people.once")}</p>
        <div class="acts">
          <Button look="primary" onClick={onClose} autofocus>
            {t("common.done")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t("people.resetTitle", { name: user.name })} onClose={onClose}>
      <p class="mut">{t("people.resetText")}</p>
      <FormFault says={fault} />
      <div class="acts">
        <Button onClick={onClose} autofocus>
          {t("common.cancel")}
        </Button>
        <Button look="primary" busy={busy} onClick={() => void submit(reset)}>
          {t("people.reset")}
        </Button>
      </div>
    </Dialog>
  );
}
