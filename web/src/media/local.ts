/** What this person sends: microphone, camera and screen, each on or off, and why one is not there. */

import { signal, type Signal } from "@preact/signals";
import type { Source } from "../protocol/messages";
import { NoDevice, openScreen, type Devices, type DeviceTrouble } from "./devices";

type Tracks = Partial<Record<Source, MediaStreamTrack>>;

export class LocalMedia {
  readonly tracks: Signal<Tracks> = signal({});
  /** What the person wants to be heard and seen with; a muted microphone stays open, a camera that is off does not. */
  readonly on: Signal<Partial<Record<Source, boolean>>> = signal({});
  readonly trouble: Signal<Partial<Record<Source, DeviceTrouble>>> = signal({});

  constructor(readonly devices: Devices) {}

  /** Microphone and camera with one question; where that fails each is tried alone. */
  async openBoth(): Promise<void> {
    try {
      const { mic, camera } = await this.devices.openBoth();
      this.put("mic", mic);
      this.put("camera", camera);
      this.mark("mic", true);
      this.mark("camera", true);
    } catch {
      await this.turnOn("mic");
      await this.turnOn("camera");
    }
  }

  async turnOn(source: "mic" | "camera"): Promise<boolean> {
    if (!this.tracks.value[source]) {
      try {
        this.put(source, source === "mic" ? await this.devices.openMic() : await this.devices.openCamera());
      } catch (problem) {
        this.trouble.value = {
          ...this.trouble.value,
          [source]: problem instanceof NoDevice ? problem.trouble : "failed",
        };
        return false;
      }
    }
    const { [source]: _solved, ...rest } = this.trouble.value;
    this.trouble.value = rest;
    this.mark(source, true);
    return true;
  }

  turnOff(source: "mic" | "camera"): void {
    this.mark(source, false);
    // The camera's light must go out; reopening a microphone would cost the first word.
    if (source === "camera") this.drop("camera");
  }

  /** Another device was chosen: take it if the old one is open. */
  async reopen(source: "mic" | "camera"): Promise<void> {
    if (!this.tracks.value[source]) return;
    const on = this.on.value[source] ?? false;
    this.drop(source);
    if (await this.turnOn(source)) this.mark(source, on);
  }

  async shareScreen(): Promise<boolean> {
    const tracks = await openScreen();
    const picture = tracks?.find((track) => track.kind === "video");
    if (!tracks || !picture) return false;
    picture.contentHint = "detail";
    this.put("screen", picture);
    this.mark("screen", true);
    const sound = tracks.find((track) => track.kind === "audio");
    if (sound) {
      this.put("screen_audio", sound);
      this.mark("screen_audio", true);
    }
    return true;
  }

  stopScreen(): void {
    for (const source of ["screen", "screen_audio"] as const) {
      if (this.on.value[source] || this.tracks.value[source]) {
        this.drop(source);
        this.mark(source, false);
      }
    }
  }

  /** The page goes: no light stays on. */
  closeAll(): void {
    for (const track of Object.values(this.tracks.value)) track.stop();
    this.tracks.value = {};
    this.on.value = {};
  }

  private put(source: Source, track: MediaStreamTrack): void {
    // The device was pulled out, or the browser's own bar ended the share.
    track.addEventListener("ended", () => this.ended(source, track));
    this.tracks.value = { ...this.tracks.value, [source]: track };
  }

  private ended(source: Source, track: MediaStreamTrack): void {
    if (this.tracks.value[source] !== track) return;
    if (source === "screen" || source === "screen_audio") {
      this.stopScreen();
      return;
    }
    this.drop(source);
    this.mark(source, false);
    this.trouble.value = { ...this.trouble.value, [source]: "missing" };
  }

  private drop(source: Source): void {
    const { [source]: track, ...rest } = this.tracks.value;
    track?.stop();
    this.tracks.value = rest;
  }

  private mark(source: Source, on: boolean): void {
    const track = this.tracks.value[source];
    if (track) track.enabled = on;
    if ((this.on.value[source] ?? false) !== on) this.on.value = { ...this.on.value, [source]: on };
  }
}
