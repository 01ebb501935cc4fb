/** What the link is like, in words. */

import type { LinkNotice } from "../protocol/messages";
import type { InboundTrack } from "./subscribe";

export type LinkWord = "good" | "slow" | "audio_only";

const LOSS_SLOW = 0.08;
const ROUND_TRIP_SLOW_MS = 700;

export interface Totals {
  received: number;
  lost: number;
}

export function totals(tracks: readonly InboundTrack[]): Totals {
  return tracks.reduce(
    (sum, track) => ({ received: sum.received + track.packetsReceived, lost: sum.lost + track.packetsLost }),
    { received: 0, lost: 0 },
  );
}

/** The server's word first: it decides what is left out. Our own figures only make it worse. */
export function linkWord(
  server: LinkNotice["state"],
  before: Totals,
  now: Totals,
  roundTripMs: number | null,
): LinkWord {
  if (server !== "good") return server;
  const received = Math.max(0, now.received - before.received);
  const lost = Math.max(0, now.lost - before.lost);
  const lossy = received + lost >= 50 && lost / (received + lost) > LOSS_SLOW;
  return lossy || (roundTripMs ?? 0) > ROUND_TRIP_SLOW_MS ? "slow" : "good";
}
