"""What learners can do, from the events: responses in the order in which they were given, folded into the state of each skill.

Events of one learner come by several shards, in any order between them. A response that is later than all before it is one step;
after anything else (an older one, a regrade, a recall) the skills of that learner are folded anew, so that the order of arrival
never shows. What an exam says counts from the release of its scores on: before, skills and reasons would tell its key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lms.adaptive import skill
from lms.adaptive.model import Response, SkillState, Source
from lms.events import (
    AnyEvent,
    AttemptExtended,
    AttemptGraded,
    AttemptReleased,
    ItemAnswered,
    ItemOutcome,
    ItemsRecalled,
    PlacementAnswered,
    PracticeAnswered,
)
from lms.projections.model import Told

HEARS = frozenset(
    {
        "practice.answered",
        "placement.answered",
        "quiz.answered",
        "attempt.graded",
        "attempt.released",
        "attempt.extended",
        "items.recalled",
    }
)
WHOLE_SHARE = 1000

Learner = tuple[str, str]  # user, course
Place = tuple[datetime, str, str]  # when, source, item: the order of the fold
States = dict[str, SkillState]
ExamEvent = AttemptGraded | AttemptReleased | AttemptExtended


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of `responses`."""

    user_id: str
    course_id: str
    source_id: str
    item_id: str
    response: Response

    @property
    def learner(self) -> Learner:
        """Whose it is."""
        return self.user_id, self.course_id

    @property
    def key(self) -> tuple[str, str, str]:
        """Which item of what, by whom."""
        return self.user_id, self.source_id, self.item_id

    @property
    def place(self) -> Place:
        """Where it stands in the fold."""
        return self.response.at, self.source_id, self.item_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of an attempt: its graded items, and whether its learner may know them."""

    user_id: str
    course_id: str
    revision: int = 0
    released: bool = False
    graded_at: datetime | None = None
    items: tuple[ItemOutcome, ...] = ()


def answered(told: Sequence[Told[AnyEvent]]) -> list[Line]:
    """The answers outside of exams, the last word on each item."""
    found: dict[tuple[str, str, str], Line] = {}
    for one in told:
        event = one.event
        if isinstance(event, ItemAnswered):
            line = Line(
                user_id=event.user_id,
                course_id=event.course_id,
                source_id=event.source_id,
                item_id=event.item_id,
                response=Response(
                    skills=tuple(event.skills),
                    difficulty=event.difficulty,
                    share=event.share_milli / WHOLE_SHARE,
                    at=one.at,
                    source=_source(event),
                    question_id=event.question_id,
                    version=event.version,
                ),
            )
            found[line.key] = line
    return list(found.values())


def _source(event: ItemAnswered) -> Source:
    match event:
        case PracticeAnswered():
            return "practice"
        case PlacementAnswered():
            return "placement"
        case _:
            return "quiz"


def recalled(told: Sequence[Told[AnyEvent]]) -> set[str]:
    """The items that count for nobody from now on."""
    return {
        question_id
        for one in told
        if isinstance(one.event, ItemsRecalled)
        for question_id in one.event.question_ids
    }


def attempts(told: Sequence[Told[AnyEvent]]) -> set[str]:
    """The attempts that something happened to."""
    return {one.event.attempt_id for one in told if isinstance(one.event, ExamEvent)}


def standings(
    before: Mapping[str, Standing], told: Sequence[Told[AnyEvent]]
) -> dict[str, Standing]:
    """What is known after these events of the attempts that they are about."""
    found = dict(before)
    for one in told:
        event = one.event
        if isinstance(event, ExamEvent):
            blank = Standing(user_id=event.user_id, course_id=event.course_id)
            found[event.attempt_id] = _after(found.get(event.attempt_id, blank), event, one.at)
    return found


def _after(standing: Standing, event: ExamEvent, at: datetime) -> Standing:
    match event:
        case AttemptReleased():
            return replace(standing, released=True)
        case AttemptGraded(revision=revision) if revision >= standing.revision:
            return replace(
                standing,
                revision=revision,
                graded_at=standing.graded_at or (at if event.complete else None),
                items=tuple(event.items) if event.complete else (),
            )
        case AttemptExtended(reopened=True):
            return replace(standing, released=False, graded_at=None, items=())
        case _:
            return standing


def lines(attempt_id: str, standing: Standing) -> list[Line]:
    """What an attempt teaches: nothing before its release."""
    if not standing.released or standing.graded_at is None:
        return []
    return [
        Line(
            user_id=standing.user_id,
            course_id=standing.course_id,
            source_id=attempt_id,
            item_id=item.item_id,
            response=Response(
                skills=tuple(item.skills),
                difficulty=item.difficulty,
                share=share(item.earned_milli, item.possible_milli) / WHOLE_SHARE,
                at=standing.graded_at,
                source="exam",
                question_id=item.question_id,
                version=item.version,
            ),
        )
        for item in standing.items
        if item.possible_milli > 0
    ]


def share(earned_milli: int, possible_milli: int) -> int:
    """The part of the points in thousandths: no less than none, no more than all."""
    return min(max(earned_milli * WHOLE_SHARE // possible_milli, 0), WHOLE_SHARE)


def fold(before: Mapping[str, SkillState], responses: Iterable[Response]) -> States:
    """The states after these responses, which are in their order."""
    states = dict(before)
    for response in responses:
        states |= skill.after(states, response)
    return states


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a run of events does to `responses`: `new` rows, rows that are `changed`, and keys that are `gone`."""

    new: list[Line]
    changed: list[Line]
    gone: list[Line]

    def disordered(self, folded: Mapping[Learner, Place]) -> set[Learner]:
        """Whose skills are to be folded anew: those of whom something that was folded already is another now, or something comes before it."""
        before = {one.learner for one in self.new if one.place <= folded[one.learner]}
        return before | {one.learner for one in self.changed + self.gone}


def changes(
    standing: Mapping[tuple[str, str, str], Line], wanted: Sequence[Line], whole: set[str]
) -> Changes:
    """From the rows that stand to those that are wanted; of the sources in `whole`, what is not wanted goes."""
    kept = {one.key for one in wanted}
    return Changes(
        new=[one for one in wanted if one.key not in standing],
        changed=[one for one in wanted if one.key in standing and standing[one.key] != one],
        gone=[one for key, one in standing.items() if one.source_id in whole and key not in kept],
    )
