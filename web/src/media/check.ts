/** The connection test of the door: what of the way to the class works, before one is in it. */

import { checkMedia } from "./probe";

const DEADLINE_MS = 5000;
const SLOW_MS = 600;

export type Way = "good" | "slow" | "socket_blocked" | "udp_blocked" | "media_blocked" | "server_away" | "no_webrtc";

export interface Found {
  way: Way;
  roundTripMs: number | null;
}

export async function checkWay(socketPath: string, classId: string, userId: string): Promise<Found> {
  if (typeof RTCPeerConnection !== "function") return { way: "no_webrtc", roundTripMs: null };
  const roundTripMs = await answered();
  if (roundTripMs === null) return { way: "server_away", roundTripMs };
  const [opens, media] = await Promise.all([socketOpens(socketPath), checkMedia(classId, userId)]);
  if (media === "none") return { way: "media_blocked", roundTripMs };
  if (media === "tcp") return { way: "udp_blocked", roundTripMs };
  if (!opens) return { way: "socket_blocked", roundTripMs };
  return { way: roundTripMs > SLOW_MS ? "slow" : "good", roundTripMs };
}

/** The second of two answers: the first one pays for the connection. */
async function answered(): Promise<number | null> {
  let took: number | null = null;
  for (let round = 0; round < 2; round += 1) {
    const before = performance.now();
    try {
      const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(DEADLINE_MS) });
      if (!answer.ok) return null;
    } catch {
      return null;
    }
    took = performance.now() - before;
  }
  return took;
}

/** Some networks let pages through and cut websockets: the class then goes round by slower requests. */
function socketOpens(path: string): Promise<boolean> {
  const address = new URL(path, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = "?EIO=4&transport=websocket";
  return new Promise((resolve) => {
    const socket = new WebSocket(address);
    const settle = (opens: boolean) => {
      clearTimeout(deadline);
      socket.close();
      resolve(opens);
    };
    const deadline = setTimeout(() => settle(false), DEADLINE_MS);
    socket.onmessage = () => settle(true);
    socket.onerror = () => settle(false);
  });
}
