/** The roles of the school in the words of the catalogue. */
import { region, t } from "../../i18n";
import type { Role } from "../../protocol/api";

export const ROLES: readonly Role[] = ["teacher", "student", "admin", "proctor", "reviewer"];

export function roleOptions(): readonly { readonly value: Role; readonly label: string }[] {
  return ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }));
}

export function rolesOf(roles: readonly Role[]): string {
  return new Intl.ListFormat(region(), { type: "conjunction", style: "narrow" }).format(roles.map((role) => t(`role.${role}`)));
}

export function isRole(word: string): word is Role {
  return ROLES.some((role) => role === word);
}
