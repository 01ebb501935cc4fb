/** Cameras, microphones and speakers: what there is, what was chosen, and why one could not be had. */

import { signal, type Signal } from "@preact/signals";

export type DeviceKind = "mic" | "camera" | "speaker";
export type DeviceTrouble = "blocked" | "missing" | "busy" | "insecure" | "failed";

export interface Device {
  id: string;
  label: string;
}

const CHOICE_KEY = "lectern.devices";
const KINDS: Record<DeviceKind, MediaDeviceKind> = {
  mic: "audioinput",
  camera: "videoinput",
  speaker: "audiooutput",
};

export class NoDevice extends Error {
  constructor(readonly trouble: DeviceTrouble) {
    super(trouble);
  }
}

export class Devices {
  readonly mics: Signal<Device[]> = signal([]);
  readonly cameras: Signal<Device[]> = signal([]);
  readonly speakers: Signal<Device[]> = signal([]);
  readonly chosen: Signal<Partial<Record<DeviceKind, string>>> = signal(readChoice());

  /** Watch what is plugged in and out; answers with the way to stop. */
  watch(): () => void {
    const refresh = () => void this.refresh();
    refresh();
    navigator.mediaDevices?.addEventListener("devicechange", refresh);
    return () => navigator.mediaDevices?.removeEventListener("devicechange", refresh);
  }

  async refresh(): Promise<void> {
    if (!navigator.mediaDevices) return;
    const all = await navigator.mediaDevices.enumerateDevices();
    const of = (kind: DeviceKind): Device[] =>
      all
        .filter((device) => device.kind === KINDS[kind] && device.deviceId !== "")
        .map((device) => ({ id: device.deviceId, label: device.label }));
    this.mics.value = of("mic");
    this.cameras.value = of("camera");
    this.speakers.value = of("speaker");
  }

  choose(kind: DeviceKind, id: string): void {
    this.chosen.value = { ...this.chosen.value, [kind]: id };
    try {
      localStorage.setItem(CHOICE_KEY, JSON.stringify(this.chosen.value));
    } catch {
      // A browser that keeps nothing still holds the choice until the page goes.
    }
  }

  async openMic(): Promise<MediaStreamTrack> {
    return one((await this.open({ audio: this.micWish() })).getAudioTracks());
  }

  async openCamera(): Promise<MediaStreamTrack> {
    return one((await this.open({ video: this.cameraWish() })).getVideoTracks());
  }

  /** Both with one question to the person; the caller tries each alone when this fails. */
  async openBoth(): Promise<{ mic: MediaStreamTrack; camera: MediaStreamTrack }> {
    const stream = await this.open({ audio: this.micWish(), video: this.cameraWish() });
    return { mic: one(stream.getAudioTracks()), camera: one(stream.getVideoTracks()) };
  }

  private micWish(): MediaTrackConstraints {
    return { ...this.preferred("mic"), echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  }

  private cameraWish(): MediaTrackConstraints {
    return {
      ...this.preferred("camera"),
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30, max: 30 },
    };
  }

  private preferred(kind: DeviceKind): MediaTrackConstraints {
    const id = this.chosen.value[kind];
    return id === undefined ? {} : { deviceId: { ideal: id } };
  }

  private async open(wish: MediaStreamConstraints): Promise<MediaStream> {
    if (!navigator.mediaDevices) throw new NoDevice("insecure");
    try {
      const stream = await navigator.mediaDevices.getUserMedia(wish);
      void this.refresh();
      return stream;
    } catch (problem) {
      throw new NoDevice(troubleOf(problem));
    }
  }
}

function one(tracks: readonly MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw new NoDevice("missing");
  return track;
}

/** The screen with its sound where the browser gives it; null when the person changed their mind. */
export async function openScreen(): Promise<MediaStreamTrack[] | null> {
  if (!canShareScreen()) throw new NoDevice("missing");
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 30 } },
      audio: true,
    });
    return stream.getTracks();
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "NotAllowedError") return null;
    throw new NoDevice(troubleOf(problem));
  }
}

export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

function troubleOf(problem: unknown): DeviceTrouble {
  switch ((problem as { name?: unknown } | null)?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "blocked";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

function readChoice(): Partial<Record<DeviceKind, string>> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(CHOICE_KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}
