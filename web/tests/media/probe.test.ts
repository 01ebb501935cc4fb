/** The door's test of the way for media reads the browser's own report of what was answered. */

import { expect, it } from "vitest";
import { waysOf } from "../../src/media/probe";

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
