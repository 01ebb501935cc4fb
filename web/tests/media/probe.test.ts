/** The door's test of the way for media reads the browser's own report of what was answered. */

import { afterEach, expect, it, vi } from "vitest";
import { checkMedia, waysOf } from "../../src/media/probe";

const UDP = { id: "u", type: "local-candidate", protocol: "udp" };
const TCP = { id: "t", type: "local-candidate", protocol: "tcp" };
const RELAY = { id: "r", type: "local-candidate", protocol: "udp", relayProtocol: "tls" };

function pair(localCandidateId: string, state = "succeeded") {
  return { id: `p${localCandidateId}`, type: "candidate-pair", localCandidateId, state };
}

it("counts only what was answered", () => {
  expect(waysOf([UDP, TCP, pair("u", "in-progress"), pair("t")])).toEqual(new Set(["tcp"]));
  expect(waysOf([UDP, TCP, pair("u"), pair("t")])).toEqual(new Set(["udp", "tcp"]));
  expect(waysOf([UDP, pair("u", "failed")])).toEqual(new Set());
});

it("knows a relay by how it is reached", () => {
  expect(waysOf([RELAY, pair("r")])).toEqual(new Set(["tls"]));
});

it("is not confused by a pair whose candidate is not reported", () => {
  expect(waysOf([pair("x")])).toEqual(new Set());
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it("ends its player while the connection is still there: one that is closed first is gone before it can be ended", async () => {
  const done: string[] = [];
  let endIt: (answer: Response) => void = () => undefined;
  class Connection {
    connectionState = "connected";
    localDescription = { sdp: "offer" };
    addTransceiver = () => undefined;
    setLocalDescription = () => Promise.resolve();
    setRemoteDescription = () => Promise.resolve();
    getStats = () => Promise.resolve(new Map([UDP, pair("u")].map((one) => [one.id, one])));
    close = () => void done.push("close");
  }
  vi.stubGlobal("RTCPeerConnection", Connection);
  vi.stubGlobal("fetch", (input: string, { method = "GET" }: RequestInit) => {
    done.push(`${method} ${input.split("?")[0]}`);
    if (method === "DELETE") return new Promise<Response>((answered) => (endIt = answered));
    const join = JSON.stringify({ token: "t", ice_servers: [] });
    return Promise.resolve(input.endsWith("/join") ? new Response(join) : new Response("answer", { headers: { Location: "/its/place" } }));
  });
  expect(await checkMedia("c", "u")).toBe("udp");
  expect(done.at(-1)).toBe("DELETE /its/place");
  endIt(new Response(""));
  await vi.waitFor(() => expect(done.at(-1)).toBe("close"));
});
