/** The people of the school, for its administrator. */
import { useEffect, useState } from "preact/hooks";
import { people } from "../../core/school";
import { t } from "../../i18n";
import type { User } from "../../protocol/api";
import { Avatar } from "../../ui/avatar";
import { Button } from "../../ui/button";
import { Empty, Trouble, Waiting } from "../../ui/states";
import { toast } from "../../ui/toast";
import { Frame } from "../frame";
import { referenceOf, say } from "../words";
import { AddDialog } from "./add";
import { ImportDialog } from "./import";
import { PasswordDialog } from "./password";
import { PersonMenu } from "./menu";
import { rolesOf } from "./roles";
import { RolesDialog } from "./change";
import "./people.css";

type Open = { readonly is: "add" | "import" } | { readonly is: "reset" | "roles"; readonly user: User } | null;

interface List {
  readonly items: readonly User[];
  readonly cursor: string | null;
  readonly busy: boolean;
  readonly error: unknown;
}

const EMPTY: List = { items: [], cursor: null, busy: true, error: undefined };

/** Page by page, each after the last. */
function usePeople() {
  const [list, setList] = useState<List>(EMPTY);
  const fetchPage = async (cursor: string | null) => {
    setList((old) => ({ ...(cursor === null ? EMPTY : old), busy: true, error: undefined }));
    try {
      const page = await people.page(cursor);
      setList((old) => ({
        items: cursor === null ? page.items : [...old.items, ...page.items],
        cursor: page.next_cursor,
        busy: false,
        error: undefined,
      }));
    } catch (error) {
      setList((old) => ({ ...old, busy: false, error }));
    }
  };
  useEffect(() => void fetchPage(null), []);
  const put = (user: User) =>
    setList((old) => ({ ...old, items: old.items.map((one) => (one.id === user.id ? user : one)) }));
  return { list, put, more: () => void fetchPage(list.cursor), again: () => void fetchPage(null) };
}

/** Deactivates or brings back at once; the toast does the opposite. */
async function setActive(user: User, active: boolean, put: (user: User) => void): Promise<void> {
  try {
    put(await people.change(user.id, { active }));
    const undo = () => void setActive(user, !active, put);
    toast(t(active ? "people.activated" : "people.deactivated", { name: user.name }), { undo });
  } catch (error) {
    toast(say(error));
  }
}

interface RowProps {
  readonly user: User;
  readonly onOpen: (open: Open) => void;
  readonly put: (user: User) => void;
}

function Row({ user, onOpen, put }: RowProps) {
  return (
    <tr class={user.active ? "" : "inactive"}>
      <th scope="row">
        <span class="row">
          <Avatar name={user.name} />
          <span class="person">
            <bdi>{user.name}</bdi>
            <bdi class="sm mut wrapany">{user.email}</bdi>
          </span>
        </span>
      </th>
      <td class="dk">{rolesOf(user.roles)}</td>
      <td class="dk">{user.active ? t("people.active") : <span class="badge warn">{t("people.inactive")}</span>}</td>
      <td class="r">
        <PersonMenu
          user={user}
          onReset={() => onOpen({ is: "reset", user })}
          onRoles={() => onOpen({ is: "roles", user })}
          onActive={(active) => void setActive(user, active, put)}
        />
      </td>
    </tr>
  );
}

function Table({ list, onOpen, put }: { readonly list: List } & Omit<RowProps, "user">) {
  return (
    <table class="tbl">
      <caption class="sr">{t("people.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("people.name")}</th>
          <th scope="col" class="dk">
            {t("people.roles")}
          </th>
          <th scope="col" class="dk">
            {t("people.state")}
          </th>
          <th scope="col" class="r">
            <span class="sr">{t("people.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {list.items.map((user) => (
          <Row key={user.id} user={user} onOpen={onOpen} put={put} />
        ))}
      </tbody>
    </table>
  );
}

export function PeoplePage() {
  const { list, put, more, again } = usePeople();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <Frame title={t("people.title")}>
      <div class="greet">
        <h1 class="sp">{t("people.title")}</h1>
        <Button icon="upload" onClick={() => setOpen({ is: "import" })}>
          {t("people.import")}
        </Button>
        <Button icon="plus" look="primary" onClick={() => setOpen({ is: "add" })}>
          {t("people.add")}
        </Button>
      </div>
      <section class="card people-card" aria-label={t("people.title")}>
        {list.items.length > 0 && <Table list={list} onOpen={setOpen} put={put} />}
        {list.busy && <Waiting />}
        {list.error !== undefined && <Trouble says={say(list.error)} reference={referenceOf(list.error)} onRetry={list.items.length > 0 ? more : again} />}
        {!list.busy && list.error === undefined && list.items.length === 0 && <Empty icon="people" title={t("people.none")} />}
        {list.cursor !== null && !list.busy && list.error === undefined && (
          <div class="more">
            <Button onClick={more}>{t("common.more")}</Button>
          </div>
        )}
      </section>
      {open?.is === "add" && <AddDialog onAdded={again} onClose={close} />}
      {open?.is === "import" && <ImportDialog onImported={again} onClose={close} />}
      {open?.is === "reset" && <PasswordDialog user={open.user} onClose={close} />}
      {open?.is === "roles" && <RolesDialog user={open.user} onChanged={put} onClose={close} />}
    </Frame>
  );
}
