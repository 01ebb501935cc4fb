/** What each person's tile shows, from the class, the media and who left a moment ago. */

import { handNumber } from "../../core/classroom";
import type { Person, Source } from "../../protocol/messages";
import type { Face } from "../../ui/tile";
import type { Visit } from "./visit";

/** Tiles of people who left stay for some seconds and still need a name. */
const REMEMBERED_MAX = 500;

export class Faces {
  private readonly known = new Map<string, Person>();

  constructor(private readonly visit: Visit) {}

  of(user: string): Face {
    const { store, call, local } = this.visit;
    const person = this.person(user);
    const self = user === store.you.value;
    const playing = call.receiver.playing.value.get(`${user}/camera`);
    const picture = self ? (local.tracks.value.camera ?? null) : (playing?.media ?? null);
    return {
      user,
      name: person?.name ?? "",
      self,
      picture,
      mirrored: self,
      cameraOn: self ? (local.on.value.camera ?? false) : has(person, "camera"),
      paused: !self && (playing?.paused ?? false),
      muted: self ? !(local.on.value.mic ?? false) : !has(person, "mic"),
      speaking: store.speakers.value.includes(user),
      away: store.away.value.has(user),
      gone: false,
      hand: handNumber(store.room.value.hands, user),
    };
  }

  nameOf(user: string): string {
    return this.person(user)?.name ?? "";
  }

  private person(user: string): Person | undefined {
    const here = this.visit.store.room.value.people.find((person) => person.user === user);
    if (!here) return this.known.get(user);
    this.known.set(user, here);
    if (this.known.size > REMEMBERED_MAX) this.known.delete(this.known.keys().next().value ?? "");
    return here;
  }
}

function has(person: Person | undefined, source: Source): boolean {
  return person?.tracks.includes(source) ?? false;
}

/** Teachers first, then in the order of arrival. */
export function inOrder(people: readonly Person[]): string[] {
  const teachers = people.filter((person) => person.role === "teacher");
  return [...teachers, ...people.filter((person) => person.role !== "teacher")].map((person) => person.user);
}

/** Who shares a screen now: the latest one is on the stage. */
export function presenter(people: readonly Person[]): Person | undefined {
  return people.findLast((person) => person.tracks.includes("screen"));
}
