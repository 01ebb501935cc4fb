/** What a person can do in a class, and what the page says when it did not happen. */

import { api } from "../../core/api";
import { codeOf } from "../../core/errors";
import { keyOr, t } from "../../i18n";
import type { Upload } from "../../protocol/api";
import type { Ack, ClassFile, Person, Reaction } from "../../protocol/messages";
import { toast } from "../../ui/toast";
import type { Visit } from "./visit";

export class Acts {
  constructor(private readonly visit: Visit) {}

  async toggle(source: "mic" | "camera"): Promise<void> {
    const { local } = this.visit;
    if (local.on.value[source]) local.turnOff(source);
    else if (!(await local.turnOn(source))) this.sayTrouble(source);
  }

  async toggleScreen(): Promise<void> {
    const { local } = this.visit;
    if (local.on.value.screen) {
      local.stopScreen();
      return;
    }
    try {
      await local.shareScreen();
    } catch {
      toast(t("class.screenFailed"));
    }
  }

  async toggleHand(): Promise<void> {
    const { store, connection } = this.visit;
    const up = store.myHand.value > 0;
    this.check(await (up ? connection.command("hand.lower", {}) : connection.command("hand.raise", {})));
  }

  async lower(user: string): Promise<void> {
    this.check(await this.visit.connection.command("hand.lower", { user }));
  }

  react(kind: Reaction): void {
    this.visit.connection.say("reaction.send", { kind });
  }

  async mute(person: Person, source: "mic" | "camera"): Promise<void> {
    this.check(await this.visit.connection.command("person.mute", { user: person.user, source }));
  }

  async remove(person: Person): Promise<void> {
    this.check(await this.visit.connection.command("person.remove", { user: person.user }));
  }

  async deleteLine(message: number): Promise<void> {
    this.check(await this.visit.connection.command("chat.delete", { message }));
  }

  /** Its address is asked for by whoever opens it: it is theirs alone, and good for minutes. */
  async openFile(file: ClassFile): Promise<void> {
    try {
      const { url } = await api.get<Upload>(`/uploads/${file.id}`);
      // In a tab of its own, should the browser show it: this one is the class.
      if (url) Object.assign(document.createElement("a"), { href: url, download: file.name, target: "_blank", rel: "noopener" }).click();
    } catch (error) {
      toast(t(keyOr(`error.${codeOf(error)}`, "class.openFileFailed")));
    }
  }

  /** End the class for everyone. */
  async end(): Promise<void> {
    try {
      await api.post(`/classes/${this.visit.live.id}/close`);
    } catch (problem) {
      toast(t("class.endFailed", { code: codeOf(problem) }));
    }
  }

  private check(answer: Ack): void {
    if (answer.ok) return;
    toast(t(keyOr(`class.failed_${answer.code}`, "class.failed"), { code: answer.code }));
  }

  private sayTrouble(source: "mic" | "camera"): void {
    const trouble = this.visit.local.trouble.value[source] ?? "failed";
    toast(t(`door.${source}_${trouble}`));
  }
}
