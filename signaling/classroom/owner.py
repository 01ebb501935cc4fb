"""One class, one owner: answers what the nodes of the class ask, and says on its channel what happened."""

from collections.abc import Callable
from typing import Literal

import msgspec

from sfu import commands as sfu
from signaling import permissions
from signaling import protocol as wire
from signaling.classroom import letters, people
from signaling.classroom.decide import role_in
from signaling.classroom.framing import framed_event, framed_notice
from signaling.classroom.ledger import Ledger, Loaded, Surroundings
from signaling.classroom.presence import Presence
from signaling.classroom.state import CLASS_ITSELF, snapshot
from signaling.context import JoinClaims
from signaling.errors import Moved, Refused, SignalingError
from signaling.media import negotiation
from signaling.routing.place import Place

EDGE_FORGOTTEN_AFTER_S = 5.0
PROGRAM_TOKENS_MAX = 8  # sign-ins of one person whose programs are known, to be cut with them
REGAIN_S = 1.0  # how long a question waits here for a lease that is late
BLIND_AFTER_S = 1.5  # without a tick for so long, this node heard nobody
REACTIONS_EACH_TICK = 25

Send = Callable[[letters.Frame, bool], None]


class Owner:
    """`send(frame, far)` gives a frame to this node's edge and, when `far`, to the others."""

    def __init__(
        self,
        *,
        place: Place,
        epoch: int,
        media_epoch: int,
        loaded: Loaded,
        around: Surroundings,
        send: Send,
    ) -> None:
        self.place = place
        self.epoch = epoch
        self.media_epoch = media_epoch
        self.last_epoch = epoch  # the latest under which this node has had the class
        self.ledger = Ledger(
            place=place, epoch=epoch, loaded=loaded, around=around, happened=self._happened
        )
        self._around = around
        self._send = send
        self._presence = Presence()
        self._edges: dict[str, float] = {}
        self._typing: set[str] = set()
        self._reactions = 0
        self._leaving: set[str] = set()
        self._broadcasting: set[str] = set()
        self._programs: dict[str, dict[str, JoinClaims]] = {}  # person -> sign-in -> its token
        self._state_json: tuple[int, bytes] = (-1, b"")
        now = around.clock.monotonic()
        self._alone_after = now + EDGE_FORGOTTEN_AFTER_S
        self._used_at = now
        self._looked_at = now
        for user in loaded.state.people:
            self._presence.expect(user, now)

    @property
    def alive(self) -> bool:
        """Whether this node still owns the class, as far as it can know; it acts only while it holds its lease."""
        return self.ledger.alive

    def idle_s(self, now: float) -> float:
        """For how long nobody has been here or asked for anything."""
        return 0.0 if self.alive and self.ledger.state.people else now - self._used_at

    def programs_of(self, rests_on_it: Callable[[JoinClaims], bool]) -> list[str]:
        """Who is here by a program alone (WHIP, WHEP), without a browser, on a token of that kind."""
        return [
            user
            for user, tokens in self._programs.items()
            if self._presence.connection_of(user) == 0
            and any(rests_on_it(claims) for claims in tokens.values())
        ]

    async def run(self) -> None:
        """Be the owner for as long as it lasts."""
        await self.ledger.run()

    def step_down(self) -> None:
        """Act no more."""
        self.ledger.step_down()

    def announce(self) -> None:
        """Tell the edges that the class is here now; media that lived with the owner before is gone."""
        self._send(letters.OwnerIs(origin=self._around.node_id, epoch=self.epoch), True)
        if self.media_epoch == self.epoch and self.epoch > 1:
            # Where media nodes outlive an owner, programs that this one knows nothing of could never be cut.
            self._around.media.order([sfu.CloseRoom(room=self.place.room)])
            self.tell_media_lost()

    def tell_media_lost(self) -> None:
        """Everybody has to publish and subscribe anew."""
        self._notice(wire.MediaLostNotice(direction="both"))

    async def handle(self, ask: letters.Ask) -> letters.Reply:
        """The answer to a question of an edge, refusals included."""
        self._used_at = self._around.clock.monotonic()
        if not (self.alive and await self._around.lease.regained(REGAIN_S) and self.alive):
            return letters.NotOwner()
        try:
            return await self._handle(ask)
        except Moved:
            return letters.NotOwner()
        except SignalingError as error:
            return letters.Refusal(code=error.code, message=error.message)

    async def _handle(self, ask: letters.Ask) -> letters.Reply:
        match ask:
            case letters.CommandAsk(by=by, command=command):
                return letters.Decided(seq=await self.ledger.submit(command, by, command.id))
            case letters.ReportAsk():
                return self._hear(ask)
            case letters.JoinAsk():
                return await self._join(ask)
            case letters.WordAsk():
                self._say(ask.by, ask.word)
                return letters.Decided(seq=None)
            case letters.MediaAsk():
                return await self._ask_media(ask)
            case letters.BroadcastAsk():
                return await self._broadcast(ask.claims, ask.request)
            case letters.CloseAsk(by=by):
                return letters.Decided(seq=await self.ledger.submit(people.Close(), by))
            case letters.AnnounceAsk(by=by, command=told) | letters.QuizAsk(by=by, command=told):
                return letters.Decided(seq=await self.ledger.submit(told, by, told.command_id))
            case letters.RemoveAsk(user=user, removed=removed):
                # Who only plays without a page is in no list of people: no event would end that.
                self._programs.pop(user, None)
                all_of_it = sfu.Hangup(room=self.place.room, peer=user, direction="all")
                self._around.media.order([all_of_it])
                lose = people.Lose(user=user, reason="removed" if removed else "left")
                return letters.Decided(seq=await self.ledger.submit(lose, CLASS_ITSELF))

    # --- Coming in ------------------------------------------------------------------------------

    async def _join(self, ask: letters.JoinAsk) -> letters.Joined:
        claims, clock = ask.claims, self._around.clock
        if ask.edge != self._around.node_id:
            self._edges[ask.edge] = clock.monotonic()
        logged = await self._enter(
            claims.user_id, claims.name, claims.role, claims.issued_at, ask.seq is None
        )
        before = self._presence.connection_of(claims.user_id)
        connection = self._presence.connect(claims.user_id, clock.wall_ms(), clock.monotonic())
        if before:
            self._send(
                letters.Replaced(
                    origin=self._around.node_id, user=claims.user_id, connection=connection
                ),
                True,
            )
        self._broadcasting.discard(claims.user_id)
        return self._joined(ask, connection, came_again=logged and ask.seq is not None)

    async def _enter(
        self, user: str, name: str, role: wire.ClassRole, token_issued_at: float, fresh: bool
    ) -> bool:
        join = people.Join(name=name, role=role, token_issued_at=token_issued_at, fresh=fresh)
        return await self.ledger.submit(join, user) is not None

    def _joined(
        self, ask: letters.JoinAsk, connection: int, *, came_again: bool
    ) -> letters.Joined:
        """Nothing is awaited between reading the state and answering, so the two are of one moment."""
        missed = None
        if ask.seq is not None and (ask.epoch or 0) <= self.epoch:
            missed = self.ledger.tail.after(ask.seq)
        self._around.meters.count(
            "class_joins_total", {"how": "snapshot" if missed is None else "replay"}
        )
        media_moved = (ask.epoch or 0) < self.media_epoch
        return letters.Joined(
            epoch=self.epoch,
            seq=self.ledger.seq,
            connection=connection,
            role=role_in(self.ledger.state, ask.claims.user_id),
            away=self._presence.away(),
            media_lost=ask.seq is not None and (came_again or media_moved),
            state=self._state() if missed is None else None,
            events=None if missed is None else [msgspec.json.encode(event) for event in missed],
        )

    def _state(self) -> bytes:
        """The state as JSON, made once for all who join between two events."""
        if self._state_json[0] != self.ledger.seq:
            state = msgspec.json.encode(snapshot(self.ledger.state))
            self._state_json = (self.ledger.seq, state)
        return self._state_json[1]

    # --- Being there ----------------------------------------------------------------------------

    def _hear(self, report: letters.ReportAsk) -> letters.Reported:
        now = self._around.clock.monotonic()
        if report.edge != self._around.node_id:
            self._edges[report.edge] = now
        replaced = [
            (heard.user, self._presence.connection_of(heard.user))
            for heard in report.heard
            if not self._presence.hear(heard.user, heard.connection, now - heard.silent_ms / 1000)
        ]
        return letters.Reported(epoch=self.epoch, seq=self.ledger.seq, replaced=replaced)

    async def tick(self) -> None:
        """Twice a second while the lease is held: who fell silent, who types."""
        if not self._around.lease.held():
            return
        now = self._around.clock.monotonic()
        self._look(now)
        self._edges = {
            edge: heard_at
            for edge, heard_at in self._edges.items()
            if now - heard_at < EDGE_FORGOTTEN_AFTER_S
        }
        for user in self._broadcasting:
            self._presence.hear(user, self._presence.connection_of(user), now)
        swept = self._presence.sweep(now)
        for user in swept.away:
            self._notice(wire.PresenceNotice(user=user, away=True))
        for user in swept.back:
            self._notice(wire.PresenceNotice(user=user, away=False))
        self._reactions = 0
        if self._typing:
            self._notice(wire.TypingNotice(users=sorted(self._typing)), latest="typing")
            self._typing.clear()
        for user in swept.lost:
            await self._lose(user, "lost")

    def _look(self, now: float) -> None:
        """What passed while this node did not look counts for nobody's silence."""
        blind_s = now - self._looked_at
        self._looked_at = now
        if blind_s > BLIND_AFTER_S:
            self._presence.excuse(blind_s, now)
            self._alone_after = now + EDGE_FORGOTTEN_AFTER_S

    async def _lose(self, user: str, reason: Literal["left", "lost"]) -> None:
        """Say once that somebody is gone; a class that has another owner by now will say it there."""
        if user in self._leaving:
            return
        self._leaving.add(user)
        try:
            lose = people.Lose(user=user, reason=reason)
            if await self.ledger.submit(lose, CLASS_ITSELF) is None:
                self._presence.forget(user)
        except SignalingError as error:
            self._around.meters.count("class_losses_deferred_total", {"code": error.code})
        finally:
            self._leaving.discard(user)

    def _say(self, by: str, word: wire.ChatTyping | wire.ReactionSend) -> None:
        permissions.check(role_in(self.ledger.state, by), type(word))
        match word:
            case wire.ChatTyping():
                self._typing.add(by)
            case wire.ReactionSend(kind=kind) if self._reactions < REACTIONS_EACH_TICK:
                self._reactions += 1
                self._notice(wire.ReactionNotice(user=by, kind=kind))
            case wire.ReactionSend():
                self._around.meters.count("class_reactions_dropped_total")

    # --- Media ----------------------------------------------------------------------------------

    async def _ask_media(self, ask: letters.MediaAsk) -> letters.Reply:
        permissions.check(role_in(self.ledger.state, ask.by), type(ask.message))
        request = negotiation.request_of(self.place.room, ask.by, ask.message)
        reply = await self._around.media.ask(request)
        person = self.ledger.state.people.get(ask.by)
        if isinstance(ask.message, wire.MediaPublish) and person is not None:
            self._around.media.order(
                negotiation.sources_of(self.place.room, person, ask.message.sources)
            )
        return letters.MediaReply(reply=reply)

    async def _broadcast(self, claims: JoinClaims, request: sfu.Request) -> letters.Reply:
        """WHIP: the person of the token is in the class for as long as the SFU hears the broadcast, with what it sends on."""
        user = claims.user_id
        if not isinstance(request, sfu.Hangup):
            tokens = self._programs.setdefault(user, {})
            while len(tokens) >= PROGRAM_TOKENS_MAX:
                del tokens[next(iter(tokens))]
            tokens[claims.session_id] = claims
        match request:
            case sfu.WhipPublish(sdp=sdp):
                permissions.check(self._role_of(claims), wire.MediaPublish)
                await self._enter(user, claims.name, claims.role, claims.issued_at, False)
                self._presence.expect(user, self._around.clock.monotonic())
                reply = await self._around.media.ask(request)
                if isinstance(reply, sfu.Answer):
                    await self._switch(user, negotiation.whip_sources(sdp), on=True)
                    self._broadcasting.add(user)
                return letters.MediaReply(reply=reply)
            case sfu.WhepPlay(publisher=publisher):
                permissions.check(self._role_of(claims), wire.MediaSubscribe)
                found = publisher or negotiation.presenter(self.ledger.state.people)
                play = msgspec.structs.replace(request, publisher=found)
                return letters.MediaReply(reply=await self._around.media.ask(play))
            case sfu.Hangup(direction=direction):
                reply = await self._around.media.ask(request)
                if direction != "subscribe":
                    await self._broadcast_over(user, "left")
                return letters.MediaReply(reply=reply)
            case _:
                raise Refused("A program may only publish, play and hang up.")

    def _role_of(self, claims: JoinClaims) -> wire.ClassRole:
        if self.ledger.state.closed:
            raise Refused("This class is over.", code="class_closed")
        shut_until_ms = self.ledger.state.shut_until_ms.get(claims.user_id)
        people.refuse_removed(shut_until_ms, claims.issued_at)
        person = self.ledger.state.people.get(claims.user_id)
        return person.role if person else claims.role

    async def _switch(self, user: str, sources: list[wire.Source], *, on: bool) -> None:
        for source in sources:
            command = wire.TrackSet(id="", source=source, on=on)
            await self.ledger.submit(command, user)

    async def _broadcast_over(self, user: str, reason: Literal["left", "lost"]) -> None:
        """A broadcaster without a browser in the class leaves with the broadcast."""
        if user not in self._broadcasting:
            return
        self._broadcasting.discard(user)
        if self._presence.connection_of(user) == 0:
            await self._lose(user, reason)
        else:
            await self._switch(user, ["mic", "camera"], on=False)

    async def hear_media(self, notification: sfu.Notification) -> None:
        """What the SFU says of this class."""
        told = negotiation.told_by(notification)
        frame = framed_notice(
            self._around.node_id, told.body, users=told.users, latest=told.latest
        )
        self._send(frame, self._is_far())
        if isinstance(notification, sfu.Lost) and notification.direction == "publish":
            await self._broadcast_over(notification.peer, "lost")

    # --- Saying ---------------------------------------------------------------------------------

    def _happened(self, event: wire.Event) -> None:
        self._send(framed_event(self._around.node_id, event), self._is_far())
        self._around.media.order(negotiation.enforced_by(self.place.room, event))
        match event.data:
            case wire.PersonLeft(user=user):
                self._presence.forget(user)
                self._typing.discard(user)
                self._broadcasting.discard(user)
            case wire.PersonJoined(user=user):
                self._presence.expect(user, self._around.clock.monotonic())
            case wire.ClassClosed():
                self._presence = Presence()
                self._broadcasting.clear()

    def _notice(self, body: wire.NoticeData, *, latest: str | None = None) -> None:
        self._send(framed_notice(self._around.node_id, body, latest=latest), self._is_far())

    def _is_far(self) -> bool:
        """Whether other nodes have browsers of this class, as far as is known."""
        return bool(self._edges) or self._around.clock.monotonic() < self._alone_after
