"""What a joiner hears first."""

from collections.abc import Iterable

from signaling.classroom.edge import Edge, EdgeSurroundings
from signaling.classroom.letters import Joined
from signaling.context import JoinClaims
from signaling.routing.place import Place
from signaling.session import Session
from tests.support.wires import CountingMeters


class Paper:
    """An outlet that keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, sids: Iterable[str], frame: bytes, latest: str | None = None) -> None:
        self.sent.append(frame)

    def cut(self, sid: str) -> None:
        raise AssertionError("nobody is cut")


class StoppedClock:
    """Always the same moment."""

    def monotonic(self) -> float:
        return 100.0

    def wall_ms(self) -> int:
        return 1_000_000


def test_that_media_is_lost_is_said_before_the_welcome_on_which_it_is_begun_anew() -> None:
    place = Place(tenant_id="school", class_id="class")
    paper = Paper()
    around = EdgeSurroundings(
        node_id="here",
        outlet=paper,
        database=None,  # type: ignore[arg-type]  # nothing is read
        clock=StoppedClock(),
        meters=CountingMeters(),
    )
    edge = Edge(place=place, around=around, owner_is=lambda _: None)
    claims = JoinClaims(
        tenant_id="school",
        class_id="class",
        user_id="ann",
        session_id="one",
        name="Ann",
        role="student",
        expires_at=2000.0,
    )
    joined = Joined(
        epoch=2,
        seq=7,
        connection=1,
        role="student",
        away=[],
        media_lost=True,
        state=None,
        events=[],
    )
    edge.admit(Session(sid="a", claims=claims, number=1, seq=7, heard_at=100.0), joined)
    lost, welcome = paper.sent
    assert b'"media.lost"' in lost
    assert b'"replay"' in welcome
