/** The link in words: the server's word first, our own figures only make it worse. */

import { expect, it } from "vitest";
import { linkWord } from "../../src/media/stats";

const none = { received: 0, lost: 0 };

it.each([
  ["audio_only", { received: 1000, lost: 0 }, 20, "audio_only"],
  ["slow", { received: 1000, lost: 0 }, 20, "slow"],
  ["good", { received: 1000, lost: 10 }, 20, "good"],
  ["good", { received: 1000, lost: 200 }, 20, "slow"],
  ["good", { received: 10, lost: 5 }, 20, "good"],
  ["good", { received: 1000, lost: 0 }, 900, "slow"],
  ["good", { received: 1000, lost: 0 }, null, "good"],
] as const)("%s with %j and %s ms is %s", (server, now, roundTripMs, word) => {
  expect(linkWord(server, none, now, roundTripMs)).toBe(word);
});
