/** One RTCPeerConnection: made, watched, and said to be lost once. */

const DISCONNECTED_MS = 3000;

export interface Watcher {
  connected(): void;
  lost(): void;
}

export class Peer {
  readonly connection: RTCPeerConnection;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private over = false;

  constructor(
    iceServers: readonly RTCIceServer[],
    private readonly watcher: Watcher,
  ) {
    this.connection = new RTCPeerConnection({
      iceServers: [...iceServers],
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
    });
    this.connection.addEventListener("connectionstatechange", () => this.changed());
  }

  get state(): RTCPeerConnectionState {
    return this.connection.connectionState;
  }

  close(): void {
    this.over = true;
    clearTimeout(this.waiting);
    this.connection.close();
  }

  private changed(): void {
    clearTimeout(this.waiting);
    switch (this.connection.connectionState) {
      case "connected":
        this.watcher.connected();
        break;
      case "failed":
      case "closed":
        this.sayLost();
        break;
      case "disconnected":
        // A short break mends itself; a longer one is cheaper to join anew than to wait for.
        this.waiting = setTimeout(() => this.sayLost(), DISCONNECTED_MS);
        break;
      default:
    }
  }

  private sayLost(): void {
    if (this.over) return;
    this.close();
    this.watcher.lost();
  }
}
