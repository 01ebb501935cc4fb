/** What an administrator can do for one person. */
import { me } from "../../core/session";
import { t } from "../../i18n";
import type { User } from "../../protocol/api";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";

interface Props {
  readonly user: User;
  readonly onReset: () => void;
  readonly onRoles: () => void;
  readonly onActive: (active: boolean) => void;
}

export function PersonMenu({ user, onReset, onRoles, onActive }: Props) {
  const isMe = me.value?.user.id === user.id;
  return (
    <Menu label={t("people.actionsFor", { name: user.name })} buttonClass="ib" face={<Icon name="more" />}>
      {(close) => {
        const then = (work: () => void) => () => {
          close();
          work();
        };
        return (
          <>
            <button type="button" class="item" onClick={then(onRoles)}>
              <Icon name="user" />
              {t("people.change")}
            </button>
            <button type="button" class="item" onClick={then(onReset)}>
              <Icon name="key" />
              {t("people.reset")}
            </button>
            {!isMe && (
              <button type="button" class={user.active ? "item dang" : "item"} onClick={then(() => onActive(!user.active))}>
                <Icon name={user.active ? "no" : "undo"} />
                {t(user.active ? "people.deactivate" : "people.activate")}
              </button>
            )}
          </>
        );
      }}
    </Menu>
  );
}
