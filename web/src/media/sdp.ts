/** The few lines of an SDP that a browser leaves to the page. */

/** Ask our own encoder for in-band error correction and silence: it obeys the fmtp of the answer. */
export function withSpeechOpus(answer: string, speechMid: string): string {
  const parts = answer.split(/(?=^m=)/m);
  return parts.map((part) => (midOf(part) === speechMid ? tuned(part) : part)).join("");
}

function midOf(part: string): string | undefined {
  return /^a=mid:(\S+)/m.exec(part)?.[1];
}

function tuned(part: string): string {
  const payload = /^a=rtpmap:(\d+) opus\//im.exec(part)?.[1];
  if (payload === undefined) return part;
  const wanted = ["useinbandfec=1", "usedtx=1"];
  const line = new RegExp(`^a=fmtp:${payload} ([^\\r\\n]*)`, "m");
  const found = line.exec(part);
  if (!found) {
    const map = new RegExp(`^(a=rtpmap:${payload} [^\\r\\n]*)`, "m");
    return part.replace(map, `$1\r\na=fmtp:${payload} ${wanted.join(";")}`);
  }
  const kept = (found[1] ?? "").split(";").filter((entry) => !/^\s*(useinbandfec|usedtx)=/.test(entry));
  return part.replace(line, `a=fmtp:${payload} ${[...kept, ...wanted].join(";")}`);
}
