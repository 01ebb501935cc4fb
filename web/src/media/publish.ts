/** Send camera, microphone and screen on one connection whose m-lines never change. */

import type { Source } from "../protocol/messages";
import { Closed, Peer, type Watcher } from "./peer";
import { withSpeechOpus } from "./sdp";

/** The order of the m-lines. All are made at once, so that nothing later needs a new offer. */
export const SOURCES: readonly Source[] = ["mic", "camera", "screen", "screen_audio"];

const CAMERA_LAYERS: RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];
const SCREEN_LAYERS: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000 }];

export interface OutboundLayer {
  source: Source;
  rid: string | null;
  framesSent: number;
  frameWidth: number;
}

/** Ask the server with an offer; its answer, or null when it could not be had. */
export type AskToPublish = (sdp: string, sources: readonly Source[]) => Promise<string | null>;

export class Publisher {
  private readonly peer: Peer;
  private readonly senders = new Map<Source, RTCRtpTransceiver>();

  constructor(iceServers: readonly RTCIceServer[], watcher: Watcher) {
    this.peer = new Peer(iceServers, watcher);
    for (const source of SOURCES) this.senders.set(source, this.line(source));
  }

  get state(): RTCPeerConnectionState {
    return this.peer.state;
  }

  /** False when there was no answer, or the connection was closed meanwhile. */
  start(ask: AskToPublish): Promise<boolean> {
    return this.negotiate(ask).catch(quietly);
  }

  private async negotiate(ask: AskToPublish): Promise<boolean> {
    const { peer } = this;
    const { connection } = peer;
    await peer.during(connection.setLocalDescription(await peer.during(connection.createOffer())));
    const sdp = connection.localDescription?.sdp ?? "";
    const answer = await ask(sdp, SOURCES);
    if (answer === null || connection.signalingState === "closed") return false;
    const mid = this.senders.get("mic")?.mid ?? "";
    await peer.during(connection.setRemoteDescription({ type: "answer", sdp: withSpeechOpus(answer, mid) }));
    return true;
  }

  /** Put a track on its line, or take it off; costs no negotiation. */
  async set(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const sender = this.senders.get(source)?.sender;
    if (!sender || sender.track === track || this.peer.state === "closed") return;
    await this.peer.during(sender.replaceTrack(track)).catch(quietly);
  }

  async outbound(): Promise<OutboundLayer[]> {
    const layers: OutboundLayer[] = [];
    if (this.peer.state === "closed") return layers;
    for (const [source, line] of this.senders) {
      if (!line.sender.track) continue;
      for (const entry of (await line.sender.getStats()).values() as IterableIterator<RTCOutboundRtpStreamStats>) {
        if (entry.type !== "outbound-rtp") continue;
        const { rid, framesSent = 0, frameWidth = 0 } = entry;
        layers.push({ source, rid: rid ?? null, framesSent, frameWidth });
      }
    }
    return layers;
  }

  close(): void {
    this.peer.close();
  }

  private line(source: Source): RTCRtpTransceiver {
    const { connection } = this.peer;
    if (source === "mic" || source === "screen_audio") {
      return connection.addTransceiver("audio", { direction: "sendonly" });
    }
    const sendEncodings = source === "camera" ? CAMERA_LAYERS : SCREEN_LAYERS;
    const line = connection.addTransceiver("video", { direction: "sendonly", sendEncodings });
    preferVp8(line);
    return line;
  }
}

/** Whoever closed the connection knows what comes next. */
function quietly(problem: unknown): false {
  if (problem instanceof Closed) return false;
  throw problem;
}

/** VP8 first: the one codec that every browser sends in three layers and decodes. */
function preferVp8(line: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs;
  if (!codecs || typeof line.setCodecPreferences !== "function") return;
  const vp8 = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/vp8");
  const rest = codecs.filter((codec) => codec.mimeType.toLowerCase() !== "video/vp8");
  line.setCodecPreferences([...vp8, ...rest]);
}
