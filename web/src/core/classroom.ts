/** The class as a reducer: (state, event) -> state; mirrors signaling/classroom/state.py. */

import type { ChatLine, Event, Hand, Person, State } from "../protocol/messages";

export const CHAT_KEPT = 200;
export const NOBODY: State = { closed: false, people: [], chat: [], hands: [], quiz: null };

type Appliers = { [T in Event["type"]]: (state: State, event: Extract<Event, { type: T }>) => State };

const appliers: Appliers = {
  // Who is here already keeps place and time of joining: a reload must not move anybody's tile.
  "person.joined": (state, { at, data }) => {
    const before = personOf(state, data.user);
    const person = { user: data.user, name: data.name, role: data.role, joined_at: before?.joined_at ?? at, tracks: [] };
    const people = before ? changed(state.people, data.user, () => person) : [...state.people, person];
    return { ...state, people };
  },
  "person.left": (state, { data }) => ({
    ...state,
    people: without(state.people, data.user),
    hands: without(state.hands, data.user),
  }),
  "person.role": (state, { data }) => ({
    ...state,
    people: changed(state.people, data.user, (person) => ({ ...person, role: data.role })),
  }),
  "chat.said": (state, { seq, at, data }) => ({
    ...state,
    chat: [...state.chat, { seq, at, user: data.user, name: data.name, text: data.text }].slice(-CHAT_KEPT),
  }),
  "chat.deleted": (state, { data }) => ({
    ...state,
    chat: state.chat.map((line) => (line.seq === data.message ? emptied(line) : line)),
  }),
  "upload.ready": (state, { seq, at, data: { user, name, file } }) => ({
    ...state,
    chat: [...state.chat, { seq, at, user, name, text: file.name, file }].slice(-CHAT_KEPT),
  }),
  "hand.raised": (state, { at, data }) => ({
    ...state,
    hands: [...without(state.hands, data.user), { user: data.user, at }],
  }),
  "hand.lowered": (state, { data }) => ({ ...state, hands: without(state.hands, data.user) }),
  "track.changed": (state, { data }) => ({
    ...state,
    people: changed(state.people, data.user, (person) => ({
      ...person,
      tracks: data.on
        ? [...person.tracks.filter((source) => source !== data.source), data.source]
        : person.tracks.filter((source) => source !== data.source),
    })),
  }),
  "quiz.posed": (state, { data }) => ({ ...state, quiz: { quiz: data.quiz, revealed: false } }),
  // Of an older quiz it changes nothing: the latest stays in view.
  "quiz.revealed": (state, { data }) =>
    state.quiz?.quiz === data.quiz ? { ...state, quiz: { quiz: data.quiz, revealed: true } } : state,
  "class.closed": (state) => ({ ...state, closed: true, people: [], hands: [], quiz: null }),
};

export function apply(state: State, event: Event): State {
  const applier = appliers[event.type] as ((state: State, event: Event) => State) | undefined;
  // A newer server may log what this page does not know yet: it is skipped, not a fault.
  return applier ? applier(state, event) : state;
}

export function personOf(state: State, user: string): Person | undefined {
  return state.people.find((person) => person.user === user);
}

/** The place in the queue, from 1; 0 when the hand is down. */
export function handNumber(hands: readonly Hand[], user: string): number {
  return hands.findIndex((hand) => hand.user === user) + 1;
}

function emptied({ seq, at, user, name }: ChatLine): ChatLine {
  return { seq, at, user, name, text: null };
}

function without<T extends { user: string }>(list: readonly T[], user: string): T[] {
  return list.filter((entry) => entry.user !== user);
}

function changed(people: readonly Person[], user: string, change: (person: Person) => Person): Person[] {
  return people.map((person) => (person.user === user ? change(person) : person));
}
