/** Buttons: one filled one a page, all else outlined or plain. */
import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icon";
import type { IconName } from "./icons";

type Look = "primary" | "danger" | "danger-outline" | "plain" | "ghost";

interface Shape {
  readonly look?: Look;
  readonly size?: "s" | "lg";
  readonly wide?: boolean;
  readonly icon?: IconName;
  readonly children: ComponentChildren;
}

const LOOKS: Readonly<Record<Look, string>> = {
  primary: "pri",
  danger: "dang",
  "danger-outline": "dang-o",
  plain: "",
  ghost: "ghost",
};

function classesOf({ look = "plain", size, wide }: Shape): string {
  return ["btn", LOOKS[look], size, wide && "wide"].filter(Boolean).join(" ");
}

type ButtonProps = Shape & Omit<JSX.IntrinsicElements["button"], "size" | "icon"> & { readonly busy?: boolean };

/** While busy it keeps its place and its focus, and says so; a second press does nothing. */
export function Button({ look, size, wide, icon, busy = false, children, onClick, ...rest }: ButtonProps) {
  const shape = { look, size, wide, children } as Shape;
  return (
    <button
      type="button"
      {...rest}
      class={classesOf(shape)}
      aria-busy={busy ? "true" : undefined}
      aria-disabled={busy ? "true" : undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon && !busy && <Icon name={icon} />}
      {children}
    </button>
  );
}

type LinkProps = Shape & Omit<JSX.IntrinsicElements["a"], "size" | "icon"> & { readonly href: string };

export function ButtonLink({ look, size, wide, icon, children, ...rest }: LinkProps) {
  const shape = { look, size, wide, children } as Shape;
  return (
    <a {...(rest as JSX.IntrinsicElements["a"])} class={classesOf(shape)}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

type IconButtonProps = Omit<JSX.IntrinsicElements["button"], "size" | "icon" | "label"> & {
  readonly icon: IconName;
  /** Its name, and its tooltip. */
  readonly label: string;
  readonly small?: boolean;
  readonly mirrored?: boolean;
};

export function IconButton({ icon, label, small = false, mirrored = false, ...rest }: IconButtonProps) {
  return (
    <button type="button" aria-label={label} data-tip={label} {...rest} class={small ? "ib s" : "ib"}>
      <Icon name={icon} class={mirrored ? "mir" : ""} />
    </button>
  );
}
