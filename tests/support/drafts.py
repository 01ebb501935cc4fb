"""Drafts of the gates' corpora: answers as a model gives them, and what would be known of them."""

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lms.ai.gates import blind, schema
from lms.ai.gates.model import Blind, Case
from lms.ai.model import Brief, Draft
from lms.attempts.model import Value
from lms.grading.model import BY_HAND
from lms.questions.model import Key, Kind

FOLDER = Path(__file__).parent.parent / "vectors" / "gates"
SPACE = "ngram-1"
KINDS: tuple[Kind, ...] = tuple(schema.PARTS)


def corpus(name: str) -> Any:
    """The JSON of a corpus."""
    return json.loads((FOLDER / f"{name}.json").read_text())


@dataclass(frozen=True, kw_only=True)
class Given:
    """An item of a corpus as the model said it, in JSON texts."""

    name: str
    kind: Kind
    tier: Any
    brief: Brief
    source: str
    stem: str
    parts: str

    def draft(self) -> Draft:
        """By the way of every answer; schema.Malformed when it is none."""
        stem = schema.strict(schema.Stem, self.stem)
        return schema.assembled(
            self.kind, stem, schema.strict(schema.PARTS[self.kind], self.parts)
        )

    def case(self) -> Case:
        """As it is judged when a solver agrees and nothing is like it."""
        draft = self.draft()
        return Case(
            brief=self.brief,
            draft=draft,
            tier=self.tier,
            source=self.source,
            blind=() if self.tier == "rules" or draft.kind in BY_HAND else (solved(draft),),
            near=(),
            space=SPACE,
        )


def given(item: Mapping[str, Any], sources: Mapping[str, str]) -> Given:
    """An item of the corpus."""
    brief = {
        "skill": "corpus",
        "level": item["level"],
        "language": item["language"],
        "kinds": [item["kind"]],
    }
    return Given(
        name=item["name"],
        kind=item["kind"],
        tier=item["tier"],
        brief=Brief(**(brief | item.get("brief", {}))),
        source=item.get("text", sources.get(item["source"], "")),
        stem=json.dumps(item["stem"]),
        parts=json.dumps(item["parts"]),
    )


def good() -> dict[str, Given]:
    """The good items by their names."""
    said = corpus("good")
    return {one["name"]: given(one, said["sources"]) for one in said["items"]}


def changed(change: Mapping[str, Any]) -> Given:
    """A good item with something of it made bad: `of` names it, the rest takes the place of what it says."""
    said = corpus("good")
    [item] = [one for one in said["items"] if one["name"] == change["of"]]
    merged = {
        **item,
        **{
            name: change[name]
            for name in ("language", "level", "tier", "source", "text")
            if name in change
        },
        "name": change["name"],
        **{name: {**item[name], **change.get(name, {})} for name in ("brief", "stem", "parts")},
    }
    return given(merged, said["sources"])


def right(draft: Draft) -> Value:
    """The answer that the key takes for right."""
    key = draft.key
    values: dict[Kind, Any] = {
        "single_choice": "".join(key.correct[:1]),
        "multiple_choice": list(key.correct),
        "true_false": bool(key.truth),
        "short_text": "".join(key.accepted[:1]),
        "numeric": _number(key),
        "matching": dict(key.pairs),
        "ordering": list(key.order),
        "cloze": {gap: texts[0] for gap, texts in key.gaps.items() if texts},
    }
    value: Value = values[draft.kind]
    return value


def _number(key: Key) -> dict[str, str]:
    unit = next(iter(key.units), "")
    return {"number": key.number or "0"} | ({"unit": unit} if unit else {})


def solved(draft: Draft) -> Blind:
    """A solver who knows."""
    return Blind(value=right(draft))


def blind_text(draft: Draft, shown: blind.Posed, value: Value, *, sure: bool = True) -> str:
    """What a model says that gives this answer, in the names that it was shown."""
    back = {one: name for name, one in shown.names.items()}
    said: dict[str, object] = {"sure": sure}
    if draft.kind == "numeric":
        assert isinstance(value, dict)
        said |= {"number": value["number"], "unit": value.get("unit", "")}
    elif isinstance(value, dict):
        filled = [
            {"place": back.get(place, place), "answer": back.get(answer, answer)}
            for place, answer in value.items()
        ]
        said["answers"] = filled
    elif isinstance(value, list):
        said["answer"] = [back.get(one, one) for one in value]
    else:
        said["answer"] = back.get(value, value) if isinstance(value, str) else value
    return json.dumps(said)


def spoken(change: Mapping[str, Any]) -> Given:
    """A good item in which a text is said at some place; what nobody wants to read in here is kept in rot13."""
    said = change["said"]
    at = change["text_at"]
    if at == "rot13":
        said, at = codecs.decode(said, "rot13"), "prompt"
    if at in ("prompt", "title"):
        return changed({**change, "stem": {at: said}})
    if at == "explanation":
        return changed({**change, "parts": {at: said}})
    if at == "source":
        return changed({**change, "text": said, "stem": {"quote": said}})
    options = good()[change["of"]].draft().content.options
    texts = [(one.text, "") for one in options[:2]]
    third = (said, "") if at == "option" else ("It turns to stone", said)
    return changed({**change, "parts": {"options": [_option(*one) for one in (*texts, third)]}})


def _option(text: str, feedback: str) -> dict[str, object]:
    return {"text": text, "correct": text == "It evaporates", "feedback": feedback}


def with_(case: Case, **more: Any) -> Case:
    """The case with other facts."""
    return replace(case, **more)


def with_draft(case: Case, **more: Any) -> Case:
    """The case with another draft."""
    return replace(case, draft=replace(case.draft, **more))


def by_texts(draft: Draft, value: Any) -> Value:
    """An answer that a corpus gives in the texts of options, in their ids."""
    content = draft.content
    ids = {one.text: str(one.id) for one in (*content.options, *content.left)}
    gaps = {gap.id: {one.text: str(one.id) for one in gap.options} for gap in content.gaps}
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [ids.get(str(one), str(one)) for one in value]
    if isinstance(value, dict):
        return {
            ids.get(place, str(place)): gaps.get(place, ids).get(text, str(text))
            for place, text in value.items()
        }
    return bool(value)
