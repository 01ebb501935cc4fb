/** A day and a time in the reader's zone, or neither. */
import { useState } from "preact/hooks";
import { dayField, momentOf, timeField } from "../../core/times";
import { t } from "../../i18n";
import { TextField } from "../../ui/form";

interface Props {
  readonly label: string;
  readonly hint?: string;
  readonly fault: string | undefined;
  readonly value: string | null;
  readonly onValue: (value: string | null) => void;
  /** The time that a day without one means. */
  readonly usual: string;
}

export function MomentField({ label, hint, fault, value, onValue, usual }: Props) {
  const at = value === null ? null : new Date(value);
  const [day, setDay] = useState(at ? dayField(at) : "");
  const [time, setTime] = useState(at ? timeField(at) : "");
  const write = (newDay: string, newTime: string) => {
    const meant = newDay && !newTime ? usual : newTime;
    setDay(newDay);
    setTime(newDay ? meant : "");
    onValue(newDay ? (momentOf(newDay, meant)?.toISOString() ?? null) : null);
  };
  return (
    <fieldset class="field moment">
      <legend>{label}</legend>
      <div class="row">
        <TextField quiet type="date" label={t("assessment.day", { of: label })} value={day} onValue={(written) => write(written, time)} fault={fault} />
        <TextField quiet type="time" label={t("assessment.time", { of: label })} value={time} onValue={(written) => write(day, written)} disabled={!day} />
      </div>
      {hint && <p class="hint">{hint}</p>}
    </fieldset>
  );
}
