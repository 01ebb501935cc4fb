"""An engine with its real kernel and no sockets: descriptions and time by hand."""

from dataclasses import replace
from typing import TypeVar

from sfu import commands, negotiation
from sfu.engine import Engine
from sfu.kernel.reference import ReferenceKernel
from sfu.settings import SfuSettings
from sfu.transport import sdp
from sfu.types import Address, Answered, Command, Keys, Local, Notify, Output, Secured

Kind = TypeVar("Kind", bound=Output)
ROOM = "school.class"
KEYS = Keys(profile=b"SRTP_AEAD_AES_128_GCM", inbound=bytes(28), outbound=bytes(range(28)))


def local(leg: int) -> Local:
    """Our side of leg number `leg`."""
    return Local(
        leg=leg,
        ufrag=f"ufrag{leg}",
        password=f"password-of-leg-{leg}",
        fingerprint="AA:BB",
        candidates=(("127.0.0.1", 7882),),
        session=leg,
        ssrc_base=leg * 0x100000,
    )


class House:
    """The engine, its clock, and everything it has put out."""

    def __init__(self, **limits: int) -> None:
        small = SfuSettings(audio_slots=2, video_slots=2, video_slots_step=2)
        self.settings = replace(small, **limits)  # type: ignore[arg-type]
        self.engine = Engine(self.settings, ReferenceKernel())
        self.now = 100.0
        self.out: list[Output] = []
        self.legs = 0

    def ask(self, request: commands.Request) -> commands.Reply:
        """Its reply; the rest is kept in `out`."""
        self.legs += 1
        out = self.engine.handle(Command(request=request, local=local(self.legs)), self.now)
        self.out += out
        return next(o.reply for o in out if isinstance(o, Answered))

    def secure(self, leg: int, port: int = 5000) -> None:
        """DTLS of the leg is done."""
        address: Address = ("127.0.0.1", port)
        self.out += self.engine.handle(Secured(leg=leg, address=address, keys=KEYS), self.now)

    def told(self, kind: type[commands.Notification]) -> list[commands.Notification]:
        """Notifications of one kind so far."""
        notes = [o.notification for o in self.out if isinstance(o, Notify)]
        return [note for note in notes if isinstance(note, kind)]

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Outputs of one kind so far."""
        return [o for o in self.out if isinstance(o, kind)]

    def publish(self, peer: str, *sources: commands.Source, ufrag: str = "") -> commands.Reply:
        """Offer one m-line for each source."""
        return self.ask(
            commands.Publish(
                room=ROOM, peer=peer, sdp=offer(sources, ufrag or peer), sources=list(sources)
            )
        )

    def subscribe(self, peer: str) -> commands.Reply:
        """Ask for the receiving connection and accept all of its slots."""
        reply = self.ask(commands.Subscribe(room=ROOM, peer=peer))
        assert isinstance(reply, commands.Offer)
        self.answer(peer, reply)
        return reply

    def answer(
        self, peer: str, offered: commands.Offer | commands.Reoffer, n: int | None = None
    ) -> commands.Reply:
        """The browser's answer to an offer."""
        text = accept(offered.sdp, peer)
        return self.ask(commands.SubscribeAnswer(room=ROOM, peer=peer, n=n or offered.n, sdp=text))

    def play(self, peer: str, publisher: str) -> commands.Reply:
        """Play one person without a page."""
        text = offer(("mic", "camera"), peer).replace("sendonly", "recvonly")
        return self.ask(commands.WhepPlay(room=ROOM, peer=peer, sdp=text, publisher=publisher))

    def want(self, peer: str, **widths: int) -> commands.Reply:
        """Show these cameras."""
        tracks = [commands.Wanted(track=f"{p}/camera", width=w) for p, w in widths.items()]
        return self.ask(commands.Want(room=ROOM, peer=peer, tracks=tracks))

    def playing(self, peer: str) -> dict[str, str | None]:
        """What the browser was last told to play, by slot."""
        notes = [
            n
            for n in self.told(commands.Slots)
            if isinstance(n, commands.Slots) and n.peer == peer
        ]
        return {slot.mid: slot.track for slot in notes[-1].slots} if notes else {}


def offer(sources: tuple[commands.Source, ...], name: str) -> str:
    """A browser's offer, sendonly."""
    lines = []
    for number, source in enumerate(sources):
        kind = "audio" if source in ("mic", "screen_audio") else "video"
        lines.append(
            sdp.Line(
                mid=str(number),
                kind=kind,
                direction="sendonly",
                codecs=negotiation.OUR_CODECS[kind][:1],
                extensions=negotiation.OUR_EXTENSIONS[kind],  # type: ignore[index]
                ssrc=1000 + number,
            )
        )
    return _written(lines, name)


def accept(offered: str, name: str) -> str:
    """A browser's answer that takes every m-line."""
    lines = [
        sdp.Line(
            mid=media.mid,
            kind=media.kind,
            direction="recvonly",
            codecs=media.codecs,
            extensions=media.extensions,
        )
        for media in sdp.parse(offered, 65_536).media
    ]
    return _written(lines, name)


def _written(lines: list[sdp.Line], name: str) -> str:
    theirs = Local(
        leg=0,
        ufrag=f"browser-{name}",
        password="password-of-the-browser",
        fingerprint="CC:DD",
        candidates=(),
        session=1,
        ssrc_base=0,
    )
    text = sdp.write(theirs, lines, setup="actpass", version=1)
    return text.replace("a=setup:actpass", "a=setup:active")
