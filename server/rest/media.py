"""WHIP (RFC 9725) and WHEP: an SDP offer in, an answer and a Location out, for encoders and players without a page.

The resource of a connection is named by the person of the join token: a person sends and receives once in a class, so
a new request replaces the connection that was there, and DELETE ends the one that is.
"""

from server.problems import Refusal
from server.rest.call import Answer, Call
from server.rest.parse import sdp_text
from sfu import commands
from sfu.errors import BadOffer

SDP_TYPE = "application/sdp"


async def whip(call: Call[bytes]) -> Answer:
    """Send microphone and camera into the class."""
    room, peer = _place(call)
    request = commands.WhipPublish(room=room, peer=peer, sdp=sdp_text(call.body))
    return await _answered(call, request, "whip")


async def whep(call: Call[bytes]) -> Answer:
    """Play the presenter of the class, or `?publisher=`."""
    room, peer = _place(call)
    request = commands.WhepPlay(
        room=room,
        peer=peer,
        sdp=sdp_text(call.body),
        publisher=call.query.get("publisher", ""),
    )
    return await _answered(call, request, "whep")


async def whip_end(call: Call[None]) -> Answer:
    """Stop sending."""
    return await _ended(call, "publish")


async def whep_end(call: Call[None]) -> Answer:
    """Stop playing."""
    return await _ended(call, "subscribe")


def _place(call: Call[bytes] | Call[None]) -> tuple[str, str]:
    """Room and peer; a token opens its own class alone."""
    joined = call.joined
    if call.params["class_id"] != joined.class_id:
        raise Refusal("not_found", "There is nothing at this address.")
    return f"{joined.tenant_id}.{joined.class_id}", joined.user_id


async def _ask(call: Call[bytes] | Call[None], request: commands.Request) -> commands.Reply:
    try:
        answer = await call.deps.classes.ask_media(call.joined, request)
    except TimeoutError:
        raise Refusal("media_timeout", "The media node did not answer: try again.") from None
    if isinstance(answer, commands.Refusal):
        raise (
            BadOffer(answer.message)
            if answer.code == "bad_sdp"
            else Refusal(answer.code, answer.message)
        )
    return answer


async def _answered(call: Call[bytes], request: commands.Request, kind: str) -> Answer:
    answer = await _ask(call, request)
    if not isinstance(answer, commands.Answer):
        raise Refusal("internal", "The media node answered something else.")
    return Answer(
        status=201,
        body=answer.sdp.encode(),
        content_type=SDP_TYPE,
        headers={
            "Location": f"/api/v1/classes/{call.joined.class_id}/{kind}/{call.joined.user_id}",
        },
    )


async def _ended(call: Call[None], direction: commands.Direction) -> Answer:
    room, peer = _place(call)
    if call.params["user_id"] != peer:
        raise Refusal("not_found", "There is nothing at this address.")
    await _ask(call, commands.Hangup(room=room, peer=peer, direction=direction))
    return Answer()
