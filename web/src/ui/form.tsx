/** Fields, each with its name above, its hint below and its fault where it happened. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "./button";
import { Icon } from "./icon";

interface About {
  readonly label: ComponentChildren;
  /** The label is heard and not seen: what is beside the field says it to the eye. */
  readonly quiet?: boolean | undefined;
  readonly hint?: ComponentChildren;
  readonly fault?: string | undefined;
}

function Fault({ id, says }: { readonly id: string; readonly says: string | undefined }) {
  if (!says) return null;
  return (
    <p class="err" id={id}>
      <Icon name="alert" class="s" />
      {says}
    </p>
  );
}

/** Joins the field with its words for those who hear the page. */
function described(id: string, { hint, fault }: About) {
  const by = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return { id, "aria-invalid": fault ? ("true" as const) : undefined, "aria-describedby": by || undefined };
}

function Frame({ id, about, children }: { readonly id: string; readonly about: About; readonly children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id} class={about.quiet ? "sr" : undefined}>
        {about.label}
      </label>
      {children}
      {about.hint && (
        <p class="hint" id={`${id}-hint`}>
          {about.hint}
        </p>
      )}
      <Fault id={`${id}-fault`} says={about.fault} />
    </div>
  );
}

type Written = About & { readonly value: string; readonly onValue: (value: string) => void };
type InputProps = Written & { readonly list?: string } & Omit<JSX.IntrinsicElements["input"], "value" | "label" | "onInput">;

export function TextField({ label, quiet, hint, fault, value, onValue, ...rest }: InputProps) {
  const id = useId();
  const about = { label, quiet, hint, fault };
  return (
    <Frame id={id} about={about}>
      <input
        type="text"
        {...(rest as JSX.IntrinsicElements["input"])}
        {...described(id, about)}
        class="in"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </Frame>
  );
}

type AreaProps = Written & Omit<JSX.IntrinsicElements["textarea"], "value" | "label" | "onInput">;

export function TextArea({ label, quiet, hint, fault, value, onValue, ...rest }: AreaProps) {
  const id = useId();
  const about = { label, quiet, hint, fault };
  return (
    <Frame id={id} about={about}>
      <textarea
        {...rest}
        {...described(id, about)}
        class="in"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </Frame>
  );
}

type FileProps = About & { readonly onFile: (file: File | null) => void } & Omit<JSX.IntrinsicElements["input"], "label" | "type" | "onChange">;

export function FileField({ label, hint, fault, onFile, ...rest }: FileProps) {
  const id = useId();
  const about = { label, hint, fault };
  return (
    <Frame id={id} about={about}>
      <input
        {...({ ...rest, type: "file" } as JSX.IntrinsicElements["input"])}
        {...described(id, about)}
        class="in"
        onChange={(event) => onFile(event.currentTarget.files?.[0] ?? null)}
      />
    </Frame>
  );
}

interface Option {
  readonly value: string;
  readonly label: string;
}

type SelectProps = Written & { readonly options: readonly Option[] } & Omit<JSX.IntrinsicElements["select"], "value" | "label">;

export function SelectField({ label, quiet, hint, fault, value, onValue, options, ...rest }: SelectProps) {
  const id = useId();
  const about = { label, quiet, hint, fault };
  return (
    <Frame id={id} about={about}>
      <select {...(rest as JSX.IntrinsicElements["select"])} {...described(id, about)} class="sel" onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}

type ChecksProps = About & {
  readonly options: readonly Option[];
  readonly chosen: readonly string[];
  readonly onChosen: (chosen: readonly string[]) => void;
};

export function CheckBoxes({ label, hint, fault, options, chosen, onChosen }: ChecksProps) {
  const id = useId();
  const { "aria-describedby": by } = described(id, { label, hint, fault });
  return (
    <fieldset class="field" aria-describedby={by}>
      <legend>{label}</legend>
      <div class="row w">
        {options.map(({ value, label: name }) => (
          <label class="check" key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ currentTarget: { checked } }) =>
                onChosen(checked ? [...chosen, value] : chosen.filter((one) => one !== value))
              }
            />
            {name}
          </label>
        ))}
      </div>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <Fault id={`${id}-fault`} says={fault} />
    </fieldset>
  );
}

interface CheckProps {
  readonly label: ComponentChildren;
  readonly checked: boolean;
  readonly onChecked: (checked: boolean) => void;
  readonly autofocus?: boolean;
}

export function CheckBox({ label, checked, onChecked, autofocus = false }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} autofocus={autofocus} onChange={(event) => onChecked(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

interface SegmentProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly lang?: string }[];
  readonly value: Value;
  readonly onValue: (value: Value) => void;
}

/** A few choices side by side, one of them pressed. */
export function Segments<Value extends string>({ label, options, value, onValue }: SegmentProps<Value>) {
  return (
    <div class="seg" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          key={option.value}
          lang={option.lang}
          aria-pressed={option.value === value}
          onClick={() => onValue(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

/** Why a form as a whole was not taken; heard as soon as it is there. */
export function FormFault({ says }: { readonly says: ComponentChildren }) {
  if (!says) return null;
  return (
    <p class="banner bad round" role="alert">
      {says}
    </p>
  );
}

interface ActsProps {
  /** The word on the button that sends the form. */
  readonly action: ComponentChildren;
  readonly busy: boolean;
  readonly disabled?: boolean;
  readonly onClose: () => void;
}

/** The end of a form in a dialog: out of it, or on. */
export function FormActs({ action, busy, disabled = false, onClose }: ActsProps) {
  return (
    <div class="acts">
      <Button onClick={onClose}>{t("common.cancel")}</Button>
      <Button look="primary" type="submit" busy={busy} disabled={disabled}>
        {action}
      </Button>
    </div>
  );
}
