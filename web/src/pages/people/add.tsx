/** Adds one person; the password that the school made is shown once. */
import { useState } from "preact/hooks";
import { people } from "../../core/school";
import { t } from "../../i18n";
import type { CreatedUser, Role } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckBoxes, FormActs, TextField } from "../../ui/form";
import { useSubmitting } from "../submitting";
import { isRole, roleOptions } from "./roles";
import { Secret } from "./secret";

interface Props {
  readonly onAdded: () => void;
  readonly onClose: () => void;
}

function Added({ user, initial_password: password }: CreatedUser) {
  return (
    <div class="stack">
      <p>{t("people.added", { name: user.name })}</p>
      {password !== null && (
        <>
          <Secret value={password} />
          <p class="hint">{t("people.once")}</p>
        </>
      )}
    </div>
  );
}

export function AddDialog({ onAdded, onClose }: Props) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<readonly Role[]>(["student"]);
  const [made, setMade] = useState<CreatedUser | null>(null);
  const { busy, fault, faultOf, submit } = useSubmitting(["/email", "/name", "/roles"]);
  const noRole = roles.length === 0 ? t("people.noRole") : undefined;
  const add = async () => {
    if (noRole) return;
    setMade(await people.add({ email: email.trim(), name: name.trim(), roles }));
    onAdded();
  };
  if (made)
    return (
      <Dialog title={t("people.addedTitle")} onClose={onClose}>
        <Added {...made} />
        <div class="acts">
          <Button look="primary" onClick={onClose} autofocus>
            {t("common.done")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t("people.add")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(add);
        }}
      >
        <TextField label={t("people.name")} value={name} onValue={setName} maxLength={120} dir="auto" required autofocus fault={faultOf("/name")} />
        <TextField label={t("signin.email")} type="email" value={email} onValue={setEmail} maxLength={254} dir="ltr" required fault={faultOf("/email") ?? fault} />
        <CheckBoxes
          label={t("people.roles")}
          options={roleOptions()}
          chosen={roles}
          onChosen={(chosen) => setRoles(chosen.filter(isRole))}
          fault={noRole ?? faultOf("/roles")}
        />
        <p class="hint">{t("people.passwordHint")}</p>
        <FormActs action={t("people.add")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
