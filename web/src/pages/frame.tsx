/** The shell with this person's ways and menu, around one page. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { mayHoldAny } from "../core/held";
import { address, go } from "../core/location";
import { has, me, session } from "../core/session";
import { theme, wear, type Theme } from "../core/theme";
import { choose, locale, LOCALES, t, type Key } from "../i18n";
import { Avatar } from "../ui/avatar";
import { Confirm } from "../ui/dialog";
import { Segments } from "../ui/form";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { Menu } from "../ui/menu";
import { Shell } from "../ui/shell";
import { toast } from "../ui/toast";
import { say } from "./words";

const WAYS: readonly { readonly href: string; readonly label: Key; readonly icon: IconName; readonly shown: () => boolean }[] = [
  { href: "/", label: "shell.start", icon: "home", shown: () => true },
  { href: "/courses", label: "shell.courses", icon: "book", shown: () => has("admin", "teacher", "student", "proctor") },
  { href: "/reviews", label: "shell.reviews", icon: "ok", shown: () => has("reviewer") },
  { href: "/admin/people", label: "shell.people", icon: "people", shown: () => has("admin") },
];

function isCurrent(href: string): boolean {
  const path = address.value.split("?")[0] ?? "/";
  if (href === "/courses") return /^\/(courses|lessons|questions|assessments)/.test(path);
  return path === href;
}

function themes(): readonly { readonly value: Theme; readonly label: string }[] {
  return [
    { value: "system", label: t("shell.themeSystem") },
    { value: "light", label: t("shell.themeLight") },
    { value: "dark", label: t("shell.themeDark") },
  ];
}

/** How the page looks and speaks; open to those who are not signed in, too. */
export function Preferences() {
  const languages = LOCALES.map(({ id, name }) => ({ value: id, label: name, lang: id }));
  return (
    <>
      <span class="lbl">{t("shell.theme")}</span>
      <Segments label={t("shell.theme")} options={themes()} value={theme.value} onValue={wear} />
      <span class="lbl">{t("shell.language")}</span>
      <Segments
        label={t("shell.language")}
        options={languages}
        value={locale()}
        onValue={(next) => void choose(next).catch((error: unknown) => toast(say(error)))}
      />
    </>
  );
}

/** Answers, of exams and of practice, that the school does not have yet. */
async function unsent(): Promise<number> {
  return mayHoldAny() ? await (await import("../core/leftovers")).unsent() : 0;
}

async function leave(): Promise<void> {
  try {
    await session.signOut();
    // Whoever uses this browser next finds nothing of an exam or a lesson in it.
    if (mayHoldAny()) await (await import("../core/leftovers")).forgetAll();
    go("/signin");
  } catch (error) {
    toast(say(error));
  }
}

function MyMenu() {
  const person = me.value;
  const [waiting, setWaiting] = useState(0);
  if (!person) return null;
  const { user, school } = person;
  const ask = async () => {
    const count = await unsent();
    if (count > 0) setWaiting(count);
    else await leave();
  };
  if (waiting > 0)
    return (
      <Confirm title={t("shell.unsentTitle")} action={t("shell.signOut")} danger onYes={leave} onClose={() => setWaiting(0)}>
        <p>{t("shell.unsent", { count: waiting })}</p>
      </Confirm>
    );
  return (
    <Menu label={t("shell.me", { name: user.name })} buttonClass="me" face={<Avatar name={user.name} />}>
      {() => (
        <>
          <div class="who-am-i">
            <bdi class="b">{user.name}</bdi>
            <bdi class="sm mut">{school?.name}</bdi>
          </div>
          <hr />
          <Preferences />
          <hr />
          <a class="item" href="/status">
            <Icon name="signal" />
            {t("shell.status")}
          </a>
          <button type="button" class="item" onClick={() => void ask()}>
            <Icon name="leave" class="mir" />
            {t("shell.signOut")}
          </button>
        </>
      )}
    </Menu>
  );
}

function Stranger() {
  return (
    <>
      <Menu label={t("shell.preferences")} buttonClass="ib" face={<Icon name="globe" />}>
        {() => <Preferences />}
      </Menu>
      <a class="btn s" href="/signin">
        {t("signin.submit")}
      </a>
    </>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Lectern` : "Lectern";
  }, [title]);
}

interface Props {
  readonly title: string;
  readonly narrow?: boolean;
  readonly children: ComponentChildren;
}

export function Frame({ title, narrow = false, children }: Props) {
  useTitle(title);
  const ways = me.value ? WAYS.filter(({ shown }) => shown()) : [];
  return (
    <Shell
      ways={ways.map(({ href, label, icon }) => ({ href, icon, label: t(label), current: isCurrent(href) }))}
      tools={me.value ? <MyMenu /> : <Stranger />}
      narrow={narrow}
    >
      {children}
    </Shell>
  );
}
