/** The choice of microphone, camera and speaker. */

import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import type { Device, DeviceKind } from "../../media/devices";
import type { LocalMedia } from "../../media/local";
import { SelectField } from "../../ui/form";

interface Props {
  local: LocalMedia;
  onSpeaker?: (id: string) => void;
}

export function DeviceFields({ local, onSpeaker }: Props) {
  const { devices } = local;
  useEffect(() => devices.watch(), [devices]);
  const choose = (kind: DeviceKind) => (id: string) => {
    devices.choose(kind, id);
    if (kind === "speaker") onSpeaker?.(id);
    else void local.reopen(kind);
  };
  const speakers = devices.speakers.value;
  return (
    <div class="col">
      <Field label={t("door.microphone")} none={t("door.noMic")} list={devices.mics.value} chosen={devices.chosen.value.mic} onChoose={choose("mic")} />
      <Field label={t("door.camera")} none={t("door.noCamera")} list={devices.cameras.value} chosen={devices.chosen.value.camera} onChoose={choose("camera")} />
      {speakers.length > 0 && (
        <Field label={t("door.speaker")} none="" list={speakers} chosen={devices.chosen.value.speaker} onChoose={choose("speaker")} />
      )}
    </div>
  );
}

interface FieldProps {
  label: string;
  none: string;
  list: readonly Device[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

function Field({ label, none, list, chosen, onChoose }: FieldProps) {
  const named = list.map((device, place) => ({ value: device.id, label: device.label || `${label} ${place + 1}` }));
  const known = named.some((option) => option.value === chosen) ? (chosen ?? "") : (named[0]?.value ?? "");
  const options = named.length > 0 ? named : [{ value: "", label: none }];
  return <SelectField label={label} options={options} value={known} onValue={onChoose} disabled={named.length === 0} />;
}
