"""WHIP (RFC 9725) and WHEP: an SDP offer in, an answer and a Location out, for encoders and players without a page.

A person sends once in a class, so WHIP's resource is named by the person: a new request replaces the connection that was
there. Of players a person may have a few beside the page (a screen on the wall, a test of the network at the door), so each
has a name of its own, and DELETE ends that one alone.
"""

from server.problems import Refusal
from server.rest.call import PREFIX, Answer, Call
from server.rest.parse import sdp_text
from sfu import commands
from sfu.errors import BadOffer

SDP_TYPE = "application/sdp"


async def whip(call: Call[bytes]) -> Answer:
    """Send microphone and camera into the class."""
    room, user = _place(call)
    request = commands.WhipPublish(room=room, peer=user, sdp=sdp_text(call.body))
    return await _answered(call, request, f"whip/{user}")


async def whep(call: Call[bytes]) -> Answer:
    """Play the presenter of the class, or `?publisher=`."""
    room, user = _place(call)
    player = str(call.deps.new_id())
    request = commands.WhepPlay(
        room=room,
        peer=commands.player_name(user, player),
        sdp=sdp_text(call.body),
        publisher=call.query.get("publisher", ""),
    )
    return await _answered(call, request, f"whep/{player}")


async def whip_end(call: Call[None]) -> Answer:
    """Stop sending."""
    room, user = _place(call)
    if call.params["user_id"] != user:
        raise Refusal("not_found", "There is nothing at this address.")
    await _ask(call, commands.Hangup(room=room, peer=user, direction="publish"))
    return Answer()


async def whep_end(call: Call[None]) -> Answer:
    """Stop playing: this player of the person, no other."""
    room, user = _place(call)
    player = commands.player_name(user, call.params["player_id"])
    await _ask(call, commands.Hangup(room=room, peer=player, direction="subscribe"))
    return Answer()


def _place(call: Call[bytes] | Call[None]) -> tuple[str, str]:
    """Room and person; a token opens its own class alone."""
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


async def _answered(call: Call[bytes], request: commands.Request, place: str) -> Answer:
    answer = await _ask(call, request)
    if not isinstance(answer, commands.Answer):
        raise Refusal("internal", "The media node answered something else.")
    return Answer(
        status=201,
        body=answer.sdp.encode(),
        content_type=SDP_TYPE,
        headers={"Location": f"{PREFIX}/classes/{call.joined.class_id}/{place}"},
    )
