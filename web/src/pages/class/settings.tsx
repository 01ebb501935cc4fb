/** Camera, microphone and speaker, changed in the middle of a class. */

import { t } from "../../i18n";
import { Dialog } from "../../ui/dialog";
import { DeviceFields } from "../door/fields";
import type { Visit } from "./visit";

export function Settings({ visit, onClose }: { visit: Visit; onClose: () => void }) {
  return (
    <Dialog title={t("class.devices")} onClose={onClose}>
      <DeviceFields local={visit.local} onSpeaker={(id) => visit.call.sound.choose(id)} />
    </Dialog>
  );
}
