"""The fold of a class: what joiners see is what those who were there see, however the class came about."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from signaling import protocol as wire
from signaling.classroom.decide import ClassCommand
from signaling.classroom.state import (
    CHAT_KEPT,
    ClassState,
    decode_state,
    encode_state,
    fold,
    snapshot,
)
from signaling.classroom.tail import Tail
from tests.unit.signaling.classroom.histories import Step, commands, histories, play, users
from tests.unit.signaling.classroom.vectors import PATH, History, as_text


def logged(event: wire.Event) -> wire.Event:
    """The event as it comes out of the log."""
    data = msgspec.json.decode(msgspec.json.encode(event.data), type=wire.EVENT_TYPES[event.type])
    return msgspec.structs.replace(event, data=data)


def state_after(steps: list[Step]) -> ClassState:
    return steps[-1].state if steps else ClassState()


@given(histories)
def test_the_log_alone_makes_the_state(history: History) -> None:
    steps = play(history)
    assert fold(ClassState(), (logged(step.event) for step in steps)) == state_after(steps)


@given(histories, st.integers(0, 60))
def test_a_saved_state_and_the_rest_of_the_log_make_the_state(history: History, cut: int) -> None:
    steps = play(history)
    saved = decode_state(encode_state(state_after(steps[:cut])))
    assert saved == state_after(steps[:cut])
    assert fold(saved, (logged(step.event) for step in steps[cut:])) == state_after(steps)


@given(histories, st.integers(0, 60))
def test_a_page_that_comes_back_sees_what_a_new_one_sees(history: History, seen: int) -> None:
    """The replay holds nothing of a message that was taken back, yet makes the same state."""
    steps = play(history)
    tail = Tail(0)
    for step in steps:
        tail.add(step.event)
    seen = min(seen, len(steps))

    missed = tail.after(seen)

    assert missed is not None
    assert [event.seq for event in missed] == [step.event.seq for step in steps[seen:]]
    assert snapshot(fold(state_after(steps[:seen]), missed)) == snapshot(state_after(steps))
    gone = {e.data.message for e in missed if isinstance(e.data, wire.ChatDeleted)}
    words = [
        event.data.text if isinstance(event.data, wire.ChatSaid) else event.data.file.name
        for event in missed
        if isinstance(event.data, wire.ChatSaid | wire.UploadReady) and event.seq in gone
    ]
    assert not any(words)


@given(histories)
def test_what_must_always_hold(history: History) -> None:
    for step in play(history):
        state = step.state
        assert {hand.user for hand in state.hands} <= state.people.keys()
        assert len({hand.user for hand in state.hands}) == len(state.hands)
        assert len(state.chat) <= CHAT_KEPT
        assert all(len(set(p.tracks)) == len(p.tracks) for p in state.people.values())
        assert not (state.closed and state.people)


@given(histories, users, commands)
def test_a_command_makes_one_event_at_most(
    history: History, by: str, command: ClassCommand
) -> None:
    before = play(history)
    after = play([*history, (by, command)])
    assert len(after) - len(before) <= 1


def test_the_vectors_for_the_browser_are_fresh() -> None:
    assert PATH.read_text(encoding="utf-8") == as_text() + "\n", (
        "run python -m tests.unit.signaling.classroom.vectors"
    )


def test_a_tail_knows_only_so_much() -> None:
    assert Tail(7).after(7) == []
    assert Tail(7).after(6) is None
    assert Tail(7).after(8) is None
