/** Changes a person's name and roles. */
import { useState } from "preact/hooks";
import { people } from "../../core/school";
import { t } from "../../i18n";
import type { Role, User } from "../../protocol/api";
import { Dialog } from "../../ui/dialog";
import { CheckBoxes, FormActs, TextField } from "../../ui/form";
import { useSubmitting } from "../submitting";
import { isRole, roleOptions } from "./roles";

interface Props {
  readonly user: User;
  readonly onChanged: (user: User) => void;
  readonly onClose: () => void;
}

export function RolesDialog({ user, onChanged, onClose }: Props) {
  const [name, setName] = useState(user.name);
  const [roles, setRoles] = useState<readonly Role[]>(user.roles);
  const { busy, fault, faultOf, submit } = useSubmitting(["/name", "/roles"]);
  const noRole = roles.length === 0 ? t("people.noRole") : undefined;
  const save = async () => {
    if (noRole) return;
    onChanged(await people.change(user.id, { name: name.trim(), roles }));
    onClose();
  };
  return (
    <Dialog title={t("people.change")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(save);
        }}
      >
        <TextField label={t("people.name")} value={name} onValue={setName} maxLength={120} dir="auto" required autofocus fault={faultOf("/name")} />
        <CheckBoxes
          label={t("people.roles")}
          options={roleOptions()}
          chosen={roles}
          onChosen={(chosen) => setRoles(chosen.filter(isRole))}
          hint={t("people.rolesHint")}
          fault={noRole ?? faultOf("/roles") ?? fault}
        />
        <FormActs action={t("common.save")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
