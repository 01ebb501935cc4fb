/** Puts a class on the timetable, or moves it. */
import { useState } from "preact/hooks";
import { classes } from "../../core/school";
import { dayField, nextHour, span, timeField } from "../../core/times";
import { t } from "../../i18n";
import type { LiveClass } from "../../protocol/api";
import { Dialog } from "../../ui/dialog";
import { FormActs, FormFault, TextField } from "../../ui/form";
import { useSubmitting } from "../submitting";

const LESSON_MS = 45 * 60_000;

interface Props {
  readonly courseId: string;
  /** The class that is moved; a new one otherwise. */
  readonly of?: LiveClass | undefined;
  readonly onSaved: (saved: LiveClass) => void;
  readonly onClose: () => void;
}

function useTimes(of: LiveClass | undefined) {
  const start = of ? new Date(of.starts_at) : nextHour(Date.now());
  const end = of ? new Date(of.ends_at) : new Date(start.getTime() + LESSON_MS);
  const [day, setDay] = useState(dayField(start));
  const [from, setFrom] = useState(timeField(start));
  const [to, setTo] = useState(timeField(end));
  return { day, setDay, from, setFrom, to, setTo, span: span(day, from, to) };
}

export function ScheduleDialog({ courseId, of, onSaved, onClose }: Props) {
  const [title, setTitle] = useState(of?.title ?? "");
  const times = useTimes(of);
  const { busy, fault, faultOf, submit } = useSubmitting(["/title", "/starts_at", "/ends_at"]);
  const save = async () => {
    if (!times.span) return;
    const [start, end] = times.span;
    const body = { title: title.trim(), starts_at: start.toISOString(), ends_at: end.toISOString() };
    onSaved(of ? await classes.change(of.id, body) : await classes.schedule(courseId, body));
    onClose();
  };
  return (
    <Dialog title={t(of ? "schedule.change" : "schedule.new")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(save);
        }}
      >
        <TextField label={t("schedule.title")} value={title} onValue={setTitle} maxLength={200} dir="auto" required autofocus fault={faultOf("/title")} />
        <TextField label={t("schedule.day")} type="date" value={times.day} onValue={times.setDay} required fault={faultOf("/starts_at")} />
        <div class="half even">
          <TextField label={t("schedule.from")} type="time" value={times.from} onValue={times.setFrom} required />
          <TextField
            label={t("schedule.to")}
            type="time"
            value={times.to}
            onValue={times.setTo}
            required
            fault={times.span ? faultOf("/ends_at") : t("schedule.noSpan")}
          />
        </div>
        <p class="hint">{t("schedule.hint")}</p>
        <FormFault says={fault} />
        <FormActs action={t(of ? "common.save" : "schedule.add")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
