/** A connection that is closed while a browser works on it holds nothing up: browsers never end what they then have begun. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Mending } from "../../src/media/mending";
import { Closed, Peer } from "../../src/media/peer";
import { Publisher } from "../../src/media/publish";
import { Receiver } from "../../src/media/subscribe";

const forever = () => new Promise<never>(() => undefined);
const watcher = { connected: () => undefined, lost: () => undefined };

/** A browser's connection; the first one that is asked for anything never comes to an end with it. */
class Line {
  static made: Line[] = [];
  connectionState = "new";
  signalingState = "stable";
  localDescription = { sdp: "mine" };
  private readonly first = Line.made.push(this) === 1;

  addEventListener = () => undefined;
  addTransceiver = () => ({ mid: "0", sender: { track: null, replaceTrack: () => this.soon() } });
  getTransceivers = () => [];
  createOffer = () => this.soon();
  createAnswer = () => this.soon();
  setLocalDescription = () => this.soon();
  setRemoteDescription = () => this.soon();
  close = () => {
    this.connectionState = this.signalingState = "closed";
  };

  private soon(): Promise<unknown> {
    return this.first ? forever() : Promise.resolve({});
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  Line.made = [];
  vi.stubGlobal("RTCPeerConnection", Line);
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => null });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("what was begun ends with the connection, and what comes later is refused", async () => {
  const peer = new Peer([], watcher);
  const begun = peer.during(forever());
  peer.close();
  await expect(begun).rejects.toThrow(Closed);
  await expect(peer.during(forever())).rejects.toThrow(Closed);
});

it("what ends in time is handed on, good or bad", async () => {
  const peer = new Peer([], watcher);
  await expect(peer.during(Promise.resolve(7))).resolves.toBe(7);
  await expect(peer.during(Promise.reject(new Error("no")))).rejects.toThrow("no");
});

it("an offer is taken though the one before was given up half way", async () => {
  const receiver = new Receiver(() => [], watcher);
  const answered: number[] = [];
  const given = (n: number) => answered.push(n);
  const before = receiver.take(1, "an offer", given);
  await vi.advanceTimersByTimeAsync(10);
  receiver.close();
  await before;
  await receiver.take(1, "another", given);
  expect(answered).toEqual([1]);
  expect(Line.made).toHaveLength(2);
});

it("sending is begun anew though the connection before was given up half way", async () => {
  let publisher: Publisher | undefined;
  const answers: boolean[] = [];
  const sending = new Mending(
    async () => {
      publisher = new Publisher([], watcher);
      await publisher.set("mic", {} as MediaStreamTrack);
      answers.push(await publisher.start(() => Promise.resolve("v=0\r\n")));
      return answers.at(-1) ?? false;
    },
    () => 1,
  );
  sending.now();
  await vi.advanceTimersByTimeAsync(10);
  publisher?.close();
  sending.now();
  await vi.advanceTimersByTimeAsync(10);
  expect(answers).toEqual([false, true]);
  sending.stop();
});
