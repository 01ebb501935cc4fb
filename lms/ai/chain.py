"""One item, step by step: what is asked next, what has been said, and the draft that comes of it."""

import re
from dataclasses import dataclass, replace

from lms.ai import prompts
from lms.ai.gates import schema
from lms.ai.gates.schema import Said, Stem
from lms.ai.model import Brief, Draft
from lms.ai.prompts import PASSAGE_MAX_CHARS, Objective, Prompt, Subject

# A text is cut where a paragraph ends, else a sentence, else a word.
_CUTS = (re.compile(r"\n\s*\n"), re.compile(r"(?<=[.!?؟。])\s+"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How far an item is; `by` is the model that wrote last."""

    subject: Subject
    aim: Objective | None = None
    stem: Stem | None = None
    parts: Said | None = None
    by: str = ""


def begun(brief: Brief, source: str, slot: int) -> Chain:
    """An item of which nothing is said yet; the items of a job go through the source from part to part."""
    found = passages(source)
    passage = found[(slot + brief.series) % len(found)] if found else ""
    return Chain(subject=Subject(brief=brief, passage=passage, slot=slot))


def asked(chain: Chain) -> Prompt | None:
    """What is to be asked next."""
    if chain.aim is None:
        return prompts.objective(chain.subject)
    if chain.stem is None:
        return prompts.stem(chain.subject, chain.aim)
    if chain.parts is None:
        return prompts.options(chain.subject, chain.aim, chain.stem)
    return None


def heard(chain: Chain, text: str, by: str) -> Chain:
    """The item with this answer; gates.schema.Malformed when it is not of the shape that was asked for."""
    if chain.aim is None:
        return replace(chain, aim=schema.strict(Objective, text), by=by)
    if chain.stem is None:
        return replace(chain, stem=schema.strict(Stem, text), by=by)
    return replace(chain, parts=schema.strict(schema.PARTS[chain.subject.kind], text), by=by)


def drafted(chain: Chain) -> Draft:
    """The item, when all is said."""
    assert chain.stem is not None, "asked() gives None"
    assert chain.parts is not None, "asked() gives None"
    return schema.assembled(chain.subject.kind, chain.stem, chain.parts)


def passages(source: str) -> list[str]:
    """The source in parts that fit into a prompt, none of them cut within a word if that can be."""
    rest, found = source.strip(), list[str]()
    while rest:
        end = _end(rest)
        found.append(rest[:end].strip())
        rest = rest[end:].strip()
    return found


def _end(text: str) -> int:
    """Where the first part ends."""
    if len(text) <= PASSAGE_MAX_CHARS:
        return len(text)
    for cut in _CUTS:
        ends = [match.start() for match in cut.finditer(text, 0, PASSAGE_MAX_CHARS)]
        if ends and ends[-1] > PASSAGE_MAX_CHARS // 2:
            return ends[-1]
    return PASSAGE_MAX_CHARS
