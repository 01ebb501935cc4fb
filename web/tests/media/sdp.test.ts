/** The answer tells our encoder to mend losses and to be silent in silence, on the microphone only. */

import { expect, it } from "vitest";
import { withSpeechOpus } from "../../src/media/sdp";

const head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n";
const mic = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n";
const screen = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:3\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n";

it("adds the line where there is none, and leaves other lines alone", () => {
  expect(withSpeechOpus(head + mic + screen, "0")).toBe(
    `${head}${mic}a=fmtp:111 useinbandfec=1;usedtx=1\r\n${screen}`,
  );
});

it("keeps what the line says already, and says nothing twice", () => {
  const said = `${mic}a=fmtp:111 minptime=10;useinbandfec=0;stereo=1\r\n`;
  expect(withSpeechOpus(head + said, "0")).toBe(
    `${head}${mic}a=fmtp:111 minptime=10;stereo=1;useinbandfec=1;usedtx=1\r\n`,
  );
});

it("leaves an answer without Opus as it is", () => {
  const video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 VP8/90000\r\n";
  expect(withSpeechOpus(head + video, "0")).toBe(head + video);
});
