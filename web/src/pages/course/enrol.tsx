/** Enrols people by their addresses, one a line, and says what became of each. */
import { useState } from "preact/hooks";
import { courses } from "../../core/school";
import { t } from "../../i18n";
import type { CourseRole } from "../../protocol/api";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Segments, TextArea } from "../../ui/form";
import { Icon } from "../../ui/icon";
import { say } from "../words";

interface Props {
  readonly courseId: string;
  readonly again: () => void;
  readonly onClose: () => void;
}

interface Outcome {
  readonly email: string;
  readonly said: string;
  readonly good: boolean;
}

/** Addresses as people paste them: by line, comma or semicolon, each once. */
export function addresses(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((one) => one.includes("@")))];
}

async function enrolOne(courseId: string, email: string, role: CourseRole): Promise<Outcome> {
  try {
    const { name } = await courses.enrol(courseId, { email, role });
    return { email, said: t("enrol.done", { name }), good: true };
  } catch (error) {
    return { email, said: say(error), good: false };
  }
}

function Outcomes({ of }: { readonly of: readonly Outcome[] }) {
  return (
    <ul class="list outcomes" role="status">
      {of.map(({ email, said, good }) => (
        <li key={email}>
          <Icon name={good ? "ok" : "alert"} class={good ? "c-ok" : "c-warn"} />
          <span class="g">
            <bdi class="b">{email}</bdi>
            <br />
            <span class="sm mut">{said}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

export function EnrolDialog({ courseId, again, onClose }: Props) {
  const [text, setText] = useState("");
  const [role, setRole] = useState<CourseRole>("student");
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const enrol = async () => {
    const wanted = addresses(text);
    setFault(wanted.length === 0 ? t("enrol.noAddress") : undefined);
    setBusy(true);
    const told: Outcome[] = [];
    for (const email of wanted) {
      told.push(await enrolOne(courseId, email, role));
      setOutcomes([...told]);
    }
    setBusy(false);
    setText(told.filter(({ good }) => !good).map(({ email }) => email).join("\n"));
    again();
    if (told.length > 0 && told.every(({ good }) => good)) onClose();
  };
  return (
    <Dialog title={t("enrol.title")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void enrol();
        }}
      >
        <TextArea label={t("enrol.addresses")} hint={t("enrol.hint")} value={text} onValue={setText} rows={5} dir="ltr" required autofocus fault={fault} />
        <Segments
          label={t("enrol.role")}
          options={[
            { value: "student", label: t("role.course.student") },
            { value: "teacher", label: t("role.course.teacher") },
          ]}
          value={role}
          onValue={setRole}
        />
        {outcomes.length > 0 && <Outcomes of={outcomes} />}
        <div class="acts">
          <Button onClick={onClose}>{t("common.close")}</Button>
          <Button look="primary" type="submit" busy={busy}>
            {t("course.enrol")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
