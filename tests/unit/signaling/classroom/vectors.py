"""Chosen histories with the state after each event: the browser's reducer must make the same of them."""

import json
import random
from pathlib import Path
from typing import Any

import msgspec

from signaling import protocol as wire
from signaling.classroom import files, people, quizzes
from signaling.classroom.decide import ClassCommand
from signaling.classroom.state import CHAT_KEPT, snapshot
from tests.unit.signaling.classroom.histories import ROLES, SOURCES, USERS, play

PATH = Path(__file__).parents[3] / "vectors" / "class_histories.json"
RANDOM_HISTORIES = 8
RANDOM_LENGTH = 120

History = list[tuple[str, ClassCommand]]


def join(name: str, role: wire.ClassRole = "student", *, fresh: bool = True) -> people.Join:
    return people.Join(name=name, role=role, token_issued_at=4e9, fresh=fresh)


def file(upload_id: str, name: str = "notes.pdf") -> files.Announce:
    about = wire.ClassFile(id=upload_id, name=name, type="application/pdf", size=2**33)
    return files.Announce(name="Bob", role="student", file=about)


def chosen() -> dict[str, History]:
    return {
        "chat, and one message taken back": [
            ("ann", join("Ann", "teacher")),
            ("bob", join("Bob")),
            ("bob", wire.ChatSend(id="1", text="  hello\u0007 ")),
            ("ann", wire.ChatSend(id="2", text="أهلاً")),
            ("bob", wire.ChatDelete(id="3", message=3)),
        ],
        "files are lines, and one is taken back": [
            ("ann", join("Ann", "teacher")),
            ("bob", file("1")),
            ("ann", file("2", "ملاحظات.pdf")),
            ("ann", wire.ChatDelete(id="1", message=2)),
        ],
        "a quiz is posed, the next takes its place, and that is revealed": [
            ("ann", join("Ann", "teacher")),
            ("ann", quizzes.Tell(quiz="1", revealed=False)),
            ("ann", quizzes.Tell(quiz="2", revealed=False)),
            ("ann", quizzes.Tell(quiz="1", revealed=True)),
            ("ann", quizzes.Tell(quiz="2", revealed=True)),
        ],
        "hands keep their order": [
            ("ann", join("Ann", "teacher")),
            *[(user, join(user)) for user in ("bob", "cy", "dee")],
            *[(user, wire.HandRaise(id="1")) for user in ("cy", "bob", "dee")],
            ("cy", wire.HandRaise(id="2")),
            ("ann", wire.HandLower(id="3", user="bob")),
            ("dee", wire.ClassLeave(id="4")),
            ("cy", wire.HandLower(id="5")),
        ],
        "who comes again keeps their place, with nothing switched on": [
            ("ann", join("Ann", "teacher")),
            ("bob", join("Bob")),
            ("ann", wire.TrackSet(id="1", source="camera", on=True)),
            ("ann", wire.TrackSet(id="2", source="mic", on=True)),
            ("ann", join("Ann B.", "teacher")),
        ],
        "a given role stays with its person": [
            ("ann", join("Ann", "teacher")),
            ("bob", join("Bob")),
            ("ann", wire.PersonRole(id="1", user="bob", role="teacher")),
            ("bob", wire.ClassLeave(id="2")),
            ("bob", join("Bob")),
        ],
        "muted by the teacher, on again by oneself": [
            ("ann", join("Ann", "teacher")),
            ("bob", join("Bob")),
            ("bob", wire.TrackSet(id="1", source="mic", on=True)),
            ("bob", wire.TrackSet(id="2", source="screen", on=True)),
            ("ann", wire.PersonMute(id="3", user="bob", source="mic")),
            ("bob", wire.TrackSet(id="4", source="mic", on=True)),
        ],
        "removed, then closed": [
            ("ann", join("Ann", "teacher")),
            ("bob", join("Bob")),
            ("bob", wire.HandRaise(id="1")),
            ("ann", wire.PersonRemove(id="2", user="bob")),
            ("class", people.Close()),
        ],
        "only the latest messages are kept": [
            ("ann", join("Ann", "teacher")),
            *[("ann", wire.ChatSend(id=str(n), text=f"{n}")) for n in range(CHAT_KEPT + 3)],
            ("ann", wire.ChatDelete(id="x", message=2)),
            ("ann", wire.ChatDelete(id="y", message=CHAT_KEPT)),
        ],
    }


def at_random(seed: int) -> History:
    """A long class in which all kinds of things happen."""
    chance = random.Random(seed)
    history: History = [("ann", join("Ann", "teacher"))]
    for n in range(RANDOM_LENGTH):
        by, other = chance.choice(USERS), chance.choice(USERS)
        source = chance.choice(SOURCES)
        makers: list[ClassCommand] = [
            join(by.title(), chance.choice(ROLES), fresh=chance.random() < 0.5),
            wire.ChatSend(id=str(n), text=f"message {n}"),
            wire.ChatDelete(id=str(n), message=chance.randint(1, n + 1)),
            wire.HandRaise(id=str(n)),
            wire.HandLower(id=str(n), user=chance.choice([None, other])),
            wire.TrackSet(id=str(n), source=source, on=chance.random() < 0.7),
            wire.PersonMute(id=str(n), user=other, source=source),
            wire.PersonRole(id=str(n), user=other, role=chance.choice(ROLES)),
            people.Lose(user=other, reason="lost"),
            file(str(n)),
        ]
        history.append((by, chance.choice(makers)))
    return history


def as_text() -> str:
    """What the file must hold."""
    named = {**chosen(), **{f"at random {n}": at_random(n) for n in range(RANDOM_HISTORIES)}}
    vectors: list[dict[str, Any]] = [
        {
            "name": name,
            "steps": _steps(history),
        }
        for name, history in named.items()
    ]
    return json.dumps(vectors, ensure_ascii=False, separators=(",", ":")).replace(
        '{"event"', '\n{"event"'
    )


def _steps(history: History) -> list[dict[str, Any]]:
    """In a long history the state is null where it is not compared."""
    steps = play(history)
    return [
        {
            "event": msgspec.to_builtins(step.event),
            "state": msgspec.to_builtins(snapshot(step.state))
            if number < 10 or number >= len(steps) - 5
            else None,
        }
        for number, step in enumerate(steps)
    ]


if __name__ == "__main__":
    PATH.write_text(as_text() + "\n", encoding="utf-8")
