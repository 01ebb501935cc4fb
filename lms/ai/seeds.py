"""Bad items on purpose, to measure reviewers: a good one with a fault made into it, which nothing on the wire tells from the others.

Which items get such a twin, and which are read by two reviewers, follows from their ids and a secret of the school: the same however
often it is asked, and nobody who sees the ids can work it out.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import msgspec

from lms.ai.model import Candidate
from lms.ids import RANDOM_BYTES, CandidateId, uuid7
from lms.questions import rules
from lms.questions.model import Content, Key, Kind, New

# One in so many has a bad twin; so many of a hundred are read by two.
SEED_ONE_IN = 20
SAMPLE_PERCENT = 15

Spoil = Callable[[Content, Key], tuple[Content, Key] | None]


def _keyed(secret: str, purpose: str, candidate_id: str) -> bytes:
    """What an id always comes to, for those who know the secret."""
    return hmac.digest(secret.encode(), f"{purpose}|{candidate_id}".encode(), hashlib.sha256)


def _draw(secret: str, purpose: str, candidate_id: str, of: int) -> int:
    """A number below `of`."""
    return int.from_bytes(_keyed(secret, purpose, candidate_id)[:8], "big") % of


def is_sampled(secret: str, candidate_id: str) -> bool:
    """Whether two reviewers look at it whatever the first one says."""
    return _draw(secret, "sample", candidate_id, 100) < SAMPLE_PERCENT


def is_doubled(secret: str, candidate_id: str) -> bool:
    """Whether a bad twin is mixed in with it."""
    return _draw(secret, "seed", candidate_id, SEED_ONE_IN) == 0


def twin(secret: str, candidate: Candidate) -> Candidate | None:
    """The bad item that is mixed in with this one; None for most, and where no fault of ours fits its kind."""
    if candidate.origin != "generated" or not is_doubled(secret, candidate.candidate_id):
        return None
    names = sorted(FAULTS)
    first = _draw(secret, "fault", candidate.candidate_id, len(names))
    for name in names[first:] + names[:first]:
        item = _spoiled(candidate.item, FAULTS[name])
        if item is not None:
            seeded_id = twin_id(secret, candidate.candidate_id)
            return replace(
                candidate,
                candidate_id=seeded_id,
                origin="seeded",
                item=item,
                slot=None,
                fault=name,
            )
    return None


def twin_id(secret: str, candidate_id: str) -> CandidateId:
    """As old as the other's, so that the two cannot be told apart by it."""
    at_ms = int(candidate_id.replace("-", "")[:12], 16)
    return CandidateId(uuid7(at_ms, _keyed(secret, "twin", candidate_id)[:RANDOM_BYTES]))


def _spoiled(item: New, fault: Mapping[Kind, Spoil]) -> New | None:
    """The item with the fault; None when it does not fit, or would be seen by a program."""
    spoil = fault.get(item.kind)
    made = None if spoil is None else spoil(item.content, item.key)
    if made is None:
        return None
    content, key = made
    if next(rules.faults(item.kind, content, key), None) is not None:
        return None
    return replace(item, content=content, key=key)


# --- The faults ----------------------------------------------------------------------------------


def _other_option(content: Content, key: Key) -> tuple[Content, Key] | None:
    """Another option is said to be the right one."""
    wrong = [one.id for one in content.options if one.id not in key.correct]
    if not wrong:
        return None
    return content, msgspec.structs.replace(key, correct=[wrong[0]])


def _other_options(content: Content, key: Key) -> tuple[Content, Key] | None:
    """One that is wrong is said to be right too, or one that is right is left out."""
    wrong = [one.id for one in content.options if one.id not in key.correct]
    correct = [*key.correct, wrong[0]] if wrong else key.correct[1:]
    return content, msgspec.structs.replace(key, correct=correct)


def _not_so(content: Content, key: Key) -> tuple[Content, Key] | None:
    return content, msgspec.structs.replace(key, truth=not key.truth)


def _ten_times(content: Content, key: Key) -> tuple[Content, Key] | None:
    if key.number is None or Decimal(key.number) == 0:
        return None
    number = f"{Decimal(key.number) * 10:f}"
    return content, msgspec.structs.replace(key, number=number)


def _backwards(content: Content, key: Key) -> tuple[Content, Key] | None:
    return content, msgspec.structs.replace(key, order=key.order[::-1])


def _crossed(content: Content, key: Key) -> tuple[Content, Key] | None:
    """Two partners change places."""
    lefts = list(key.pairs)
    if len(lefts) < 2 or key.pairs[lefts[0]] == key.pairs[lefts[1]]:
        return None
    pairs = {**key.pairs, lefts[0]: key.pairs[lefts[1]], lefts[1]: key.pairs[lefts[0]]}
    return content, msgspec.structs.replace(key, pairs=pairs)


def _told(content: Content, key: Key) -> tuple[Content, Key] | None:
    """The question says its answer."""
    right = [one.text for one in content.options if one.id in key.correct]
    right += key.accepted[:1] + ([] if key.number is None else [key.number])
    if not right:
        return None
    prompt = f"{content.prompt.rstrip()} ({right[0].strip()})"
    return msgspec.structs.replace(content, prompt=prompt), key


def _same_again(content: Content, key: Key) -> tuple[Content, Key] | None:
    """Two options say the same: with the right one twice there are two keys."""
    right = next((one.text for one in content.options if one.id in key.correct), None)
    wrong = next((one.id for one in content.options if one.id not in key.correct), None)
    if right is None or wrong is None:
        return None
    options = [
        msgspec.structs.replace(one, text=right) if one.id == wrong else one
        for one in content.options
    ]
    return msgspec.structs.replace(content, options=options), key


FAULTS: Mapping[str, Mapping[Kind, Spoil]] = {
    "wrong_key": {
        "single_choice": _other_option,
        "multiple_choice": _other_options,
        "true_false": _not_so,
        "numeric": _ten_times,
        "ordering": _backwards,
        "matching": _crossed,
    },
    "answer_in_stem": {"single_choice": _told, "short_text": _told, "numeric": _told},
    "two_keys": {"single_choice": _same_again},
}
