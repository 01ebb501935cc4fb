/** Plays what is heard; knows when the browser blocks it, and brings it back on a click. */

import { signal, type Signal } from "@preact/signals";

type Player = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

export class Sound {
  readonly blocked: Signal<boolean> = signal(false);
  private readonly players = new Map<string, Player>();

  constructor(private speaker: string | undefined) {}

  play(tracks: readonly MediaStreamTrack[]): void {
    const wanted = new Set(tracks.map((track) => track.id));
    for (const [id, player] of this.players) {
      if (wanted.has(id)) continue;
      player.srcObject = null;
      this.players.delete(id);
    }
    for (const track of tracks) {
      if (this.players.has(track.id)) continue;
      const player: Player = new Audio();
      player.srcObject = new MediaStream([track]);
      this.players.set(track.id, player);
      this.sink(player);
      this.start(player);
    }
  }

  /** Call it from a click: only then may a blocked page make sound. */
  unblock(): void {
    this.blocked.value = false;
    for (const player of this.players.values()) this.start(player);
  }

  choose(speaker: string): void {
    this.speaker = speaker;
    for (const player of this.players.values()) this.sink(player);
  }

  close(): void {
    this.play([]);
  }

  private start(player: Player): void {
    player.play().catch((problem: unknown) => {
      // Any other fault is a player that was closed while it started.
      if ((problem as { name?: unknown }).name === "NotAllowedError") this.blocked.value = true;
    });
  }

  private sink(player: Player): void {
    if (this.speaker === undefined || !player.setSinkId) return;
    // A speaker that is gone leaves the default one, which is what a person expects.
    player.setSinkId(this.speaker).catch(() => undefined);
  }
}
