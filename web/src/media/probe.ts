/** Whether pictures and sound would get through, and how: one connection to the media of the class, opened and ended. */

import { api } from "../core/api";
import type { Join } from "../protocol/api";

export type MediaWay = "udp" | "tcp" | "none" | "unknown";

const DEADLINE_MS = 6000;
/** So long after another way was found, UDP may still answer. */
const UDP_GRACE_MS = 1500;
const LOOK_MS = 100;

/** A player that plays oneself plays nothing yet: only the way is tried. What the server refuses says nothing of the network. */
export async function checkMedia(classId: string, userId: string): Promise<MediaWay> {
  let connection: RTCPeerConnection | undefined;
  let end: () => Promise<unknown> = () => Promise.resolve();
  try {
    const join = await api.post<Join>(`/classes/${classId}/join`);
    const servers = join.ice_servers.map(({ urls, username, credential }) => ({
      urls: [...urls],
      ...(username == null ? {} : { username }),
      ...(credential == null ? {} : { credential }),
    }));
    connection = new RTCPeerConnection({ iceServers: servers, bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    connection.addTransceiver("audio", { direction: "recvonly" });
    await connection.setLocalDescription();
    const place = `/api/v1/classes/${classId}/whep?publisher=${userId}`;
    const played = await ask(place, "POST", join.token, connection.localDescription?.sdp);
    const location = played.headers.get("Location");
    if (location) end = () => ask(location, "DELETE", join.token).catch(() => undefined);
    await connection.setRemoteDescription({ type: "answer", sdp: await played.text() });
    return await found(connection);
  } catch {
    return "unknown";
  } finally {
    // In this order: a player whose connection is closed is gone before anybody can end it.
    void end().then(() => connection?.close());
  }
}

async function ask(place: string, method: string, token: string, sdp?: string): Promise<Response> {
  const answer = await fetch(place, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(sdp === undefined ? {} : { "Content-Type": "application/sdp" }) },
    ...(sdp === undefined ? {} : { body: sdp }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!answer.ok) throw new Error(`${method} answered ${answer.status}`);
  return answer;
}

async function found(connection: RTCPeerConnection): Promise<MediaWay> {
  const startedAt = performance.now();
  let otherAt: number | undefined;
  for (;;) {
    const ways = waysOf([...((await connection.getStats()).values() as IterableIterator<Record<string, unknown>>)]);
    const now = performance.now();
    const isUp = connection.connectionState === "connected";
    if (isUp && ways.has("udp")) return "udp";
    if (isUp && ways.size > 0) otherAt ??= now;
    if (otherAt !== undefined && now - otherAt > UDP_GRACE_MS) return "tcp";
    if (now - startedAt > DEADLINE_MS) return otherAt === undefined ? "none" : "tcp";
    await new Promise((resume) => setTimeout(resume, LOOK_MS));
  }
}

/** By which transports a check of ours was answered. */
export function waysOf(entries: readonly Record<string, unknown>[]): Set<unknown> {
  const byId = new Map(entries.map((entry) => [entry["id"], entry]));
  const answered = entries.filter((entry) => entry["type"] === "candidate-pair" && entry["state"] === "succeeded");
  const ways = answered.map((pair) => byId.get(pair["localCandidateId"]));
  return new Set(ways.flatMap((way) => (way ? [way["relayProtocol"] ?? way["protocol"]] : [])));
}
