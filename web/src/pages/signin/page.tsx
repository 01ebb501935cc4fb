/** The way in: who you are, and what it says when that does not fit. */
import { useEffect, useState } from "preact/hooks";
import { Refused } from "../../core/errors";
import { address, go } from "../../core/location";
import { me, session } from "../../core/session";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/form";
import { Icon, Mark } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { Preferences, useTitle } from "../frame";
import { say } from "../words";
import { Graph } from "./graph";
import "./signin.css";

/** Where the reader was going; only addresses of this site count. */
function wanted(): string {
  const to = new URLSearchParams(address.value.split("?")[1]).get("to") ?? "/";
  const isOfThisSite = to.startsWith("/") && !to.startsWith("//") && !to.startsWith("/\\");
  return isOfThisSite && !to.startsWith("/signin") ? to : "/";
}

function needsSchool(error: unknown): boolean {
  return error instanceof Refused && (error.code.startsWith("school") || error.faultOf("/school") !== undefined);
}

function SignInForm() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [school, setSchool] = useState("");
  const [asksSchool, setAsksSchool] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const signIn = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      await session.signIn({ email: email.trim(), password, ...(school.trim() && { school: school.trim() }) });
    } catch (error) {
      if (needsSchool(error)) setAsksSchool(true);
      setFault(say(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void signIn();
      }}
    >
      <div>
        <h1>{t("signin.title")}</h1>
        <p class="mut lead">{t("signin.lead")}</p>
      </div>
      {asksSchool && (
        <TextField label={t("signin.school")} hint={t("signin.schoolHint")} value={school} onValue={setSchool} autocomplete="organization" required />
      )}
      <TextField
        label={t("signin.email")}
        value={email}
        onValue={setEmail}
        type="email"
        autocomplete="username"
        dir="ltr"
        required
        data-testid="signin-email"
      />
      <TextField
        label={t("signin.password")}
        value={password}
        onValue={setPassword}
        type="password"
        autocomplete="current-password"
        dir="ltr"
        required
        fault={fault}
        data-testid="signin-password"
      />
      <div role="status" class="sr">
        {fault}
      </div>
      <Button look="primary" size="lg" wide type="submit" busy={busy} data-testid="signin-submit">
        {t("signin.submit")}
      </Button>
      <p class="sm mut">{t("signin.forgot")}</p>
    </form>
  );
}

export function SignInPage() {
  useTitle(t("signin.submit"));
  const signedIn = Boolean(me.value);
  useEffect(() => {
    if (signedIn) go(wanted(), { replace: true });
  }, [signedIn]);
  return (
    <div class="signin">
      <main id="main" tabIndex={-1}>
        <div class="row">
          <span class="logo">
            <Mark />
            Lectern
          </span>
          <span class="sp" />
          <Menu
            label={`${t("shell.languageName")}: ${t("shell.preferences")}`}
            buttonClass="btn ghost s"
            face={
              <>
                <Icon name="globe" />
                {t("shell.languageName")}
              </>
            }
          >
            {() => <Preferences />}
          </Menu>
        </div>
        <SignInForm />
        <footer class="sm mut">
          <a class="foot" href="/status">
            <Icon name="signal" />
            {t("signin.status")}
          </a>
        </footer>
      </main>
      <aside class="art" aria-hidden="true">
        <Graph />
        <div class="art-words">
          <b>{t("signin.artTitle")}</b>
          <span>{t("signin.artLead")}</span>
        </div>
      </aside>
    </div>
  );
}
