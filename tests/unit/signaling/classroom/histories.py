"""Random and chosen histories of a class, as commands; what they make is folded here and in the browser."""

from dataclasses import dataclass

from hypothesis import strategies as st

from signaling import protocol as wire
from signaling.classroom import files, people
from signaling.classroom.decide import ClassCommand, decide
from signaling.classroom.state import ClassState, apply
from signaling.errors import SignalingError

USERS = ["ann", "bob", "cy", "dee"]
SOURCES: list[wire.Source] = ["mic", "camera", "screen", "screen_audio"]
ROLES: list[wire.ClassRole] = ["teacher", "student", "proctor", "observer"]
START_MS = 1_700_000_000_000

users = st.sampled_from(USERS)
sources = st.sampled_from(SOURCES)
roles = st.sampled_from(ROLES)
ids = st.just("id")

commands: st.SearchStrategy[ClassCommand] = st.one_of(
    st.builds(
        people.Join,
        name=st.sampled_from(["Ann Lee", "Bob", "سارة", "C\u0301y"]),
        role=roles,
        token_issued_at=st.sampled_from([0.0, 4e9]),
        fresh=st.booleans(),
    ),
    st.builds(people.Lose, user=users, reason=st.sampled_from(["left", "lost", "removed"])),
    st.builds(wire.ChatSend, id=ids, text=st.text(max_size=20)),
    st.builds(wire.ChatDelete, id=ids, message=st.integers(0, 40)),
    st.builds(
        files.Announce,
        name=st.just("Bob"),
        role=roles,
        file=st.builds(
            wire.ClassFile,
            id=st.just("u"),
            name=st.text(min_size=1, max_size=20),
            type=st.just("text/plain"),
            size=st.integers(1, 10**10),
        ),
    ),
    st.builds(wire.HandRaise, id=ids),
    st.builds(wire.HandLower, id=ids, user=st.none() | users),
    st.builds(wire.TrackSet, id=ids, source=sources, on=st.booleans()),
    st.builds(wire.PersonMute, id=ids, user=users, source=sources),
    st.builds(wire.PersonRole, id=ids, user=users, role=roles),
    st.builds(wire.PersonRemove, id=ids, user=users),
    st.builds(wire.ClassLeave, id=ids),
)
closing = st.builds(people.Close)
histories = st.lists(
    st.tuples(users, commands | commands | commands | commands | closing), max_size=60
)


@dataclass(frozen=True, kw_only=True)
class Step:
    event: wire.Event
    state: ClassState


def play(history: list[tuple[str, ClassCommand]]) -> list[Step]:
    """What the owner would log, and the state after each event; refused commands leave nothing."""
    state, steps = ClassState(), list[Step]()
    for by, command in history:
        try:
            made = decide(state, command, by)
        except SignalingError:
            continue
        for data in made:
            event = wire.Event(
                epoch=1 + len(steps) // 20,
                seq=len(steps) + 1,
                type=wire.TYPE_OF_EVENT[type(data)],
                at=START_MS + 1000 * len(steps),
                by=by,
                data=data,
            )
            state = apply(state, event)
            steps.append(Step(event=event, state=state))
    return steps
