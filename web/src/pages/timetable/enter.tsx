/** The button by which this person enters a class, or opens it. */
import { useState } from "preact/hooks";
import { go } from "../../core/location";
import { classes } from "../../core/school";
import { t } from "../../i18n";
import type { LiveClass } from "../../protocol/api";
import { Button, ButtonLink } from "../../ui/button";
import { toast } from "../../ui/toast";
import { say } from "../words";

interface Props {
  readonly of: LiveClass;
  /** The one thing to do on its page. */
  readonly large?: boolean;
  readonly again: () => void;
}

export function Enter({ of, large = false, again }: Props) {
  const [busy, setBusy] = useState(false);
  const open = async () => {
    setBusy(true);
    try {
      await classes.open(of.id);
      go(`/classes/${of.id}`);
    } catch (error) {
      toast(say(error));
      again();
    } finally {
      setBusy(false);
    }
  };
  const shape = { look: large ? "primary" : "plain", size: large ? "lg" : "s" } as const;
  if (of.state === "open" && of.my_role !== null)
    return (
      <ButtonLink {...shape} href={`/classes/${of.id}`} data-testid="join-class" data-class={of.id}>
        {t(of.my_role === "teacher" ? "timetable.enterTeacher" : "timetable.join")}
      </ButtonLink>
    );
  if (of.state === "scheduled" && of.my_role === "teacher")
    return (
      <Button {...shape} busy={busy} onClick={() => void open()} data-testid="open-class" data-class={of.id}>
        {t("timetable.openIt")}
      </Button>
    );
  if (of.state === "scheduled" && large)
    return (
      <ButtonLink size="lg" href={`/classes/${of.id}`}>
        {t("timetable.toTheDoor")}
      </ButtonLink>
    );
  return null;
}
