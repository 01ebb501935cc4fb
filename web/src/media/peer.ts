/** One RTCPeerConnection: made, watched, and said to be lost once. */

const DISCONNECTED_MS = 3000;

export interface Watcher {
  connected(): void;
  lost(): void;
}

/** The connection was closed before it had done what it was asked. */
export class Closed extends Error {}

export class Peer {
  readonly connection: RTCPeerConnection;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private over = false;
  private readonly unfinished = new Set<(problem: Closed) => void>();

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

  /** What a browser is asked of a connection that is closed meanwhile never ends: here it ends with `Closed`. */
  during<T>(asked: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.over) reject(new Closed());
      this.unfinished.add(reject);
      asked.then(resolve, reject).finally(() => this.unfinished.delete(reject));
    });
  }

  close(): void {
    this.over = true;
    clearTimeout(this.waiting);
    this.connection.close();
    for (const reject of this.unfinished) reject(new Closed());
    this.unfinished.clear();
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
