"""What of a graded item may be shown to whom: to its learner what the settings allow, to who marks it everything."""

from dataclasses import dataclass

import msgspec

from lms.assessments.model import Feedback
from lms.attempts.model import PaperItem, Value
from lms.grading.combining import is_for
from lms.grading.model import Answer, ItemGrade, Mark
from lms.questions.model import Key

EVERYTHING = Feedback()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that is known of one item of an attempt; `grade` is missing until it was scored."""

    item: PaperItem
    answer: Answer | None
    grade: ItemGrade | None
    key: Key
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One item as it is shown; None for what is not."""

    item: PaperItem
    value: Value | None
    earned_milli: int | None
    possible_milli: int
    reason: str
    correct: bool | None
    key: Key | None
    comment: str
    criteria: dict[str, int]


def shown(sheet: Sheet, feedback: Feedback) -> Shown:
    """The item under these settings of feedback."""
    grade = sheet.grade if feedback.correctness else None
    told = _told(sheet)
    return Shown(
        item=sheet.item,
        value=sheet.answer.value if feedback.answers and sheet.answer else None,
        earned_milli=None if grade is None else grade.earned_milli,
        possible_milli=sheet.item.points_milli,
        reason="" if grade is None else grade.reason,
        correct=None if grade is None else _is_correct(grade),
        key=_key(sheet, feedback),
        comment=told.comment if told else "",
        criteria=told.criteria if told and feedback.correctness else {},
    )


def _is_correct(grade: ItemGrade) -> bool | None:
    """Nobody can say so of what people mark, or still have to, nor of what was recalled."""
    return None if grade.reason in ("to_mark", "marked", "recalled") else grade.reason == "right"


def _told(sheet: Sheet) -> Mark | None:
    """The mark whose words are passed on: the last round, for the answer that counts."""
    return max(
        (one for one in sheet.marks if sheet.grade is not None and is_for(one, sheet.grade)),
        key=lambda mark: mark.round,
        default=None,
    )


def _key(sheet: Sheet, feedback: Feedback) -> Key | None:
    """The key, unless it was recalled with its item; where only explanations are shown, nothing else of it, and words about options only of those that were chosen."""
    if sheet.grade is not None and sheet.grade.reason == "recalled":
        return None
    key = sheet.key
    if feedback.key:
        if feedback.explanation:
            return key
        return msgspec.structs.replace(key, explanation="", option_feedback={})
    if not feedback.explanation:
        return None
    chosen = _chosen(sheet.answer)
    about = {name: text for name, text in key.option_feedback.items() if name in chosen}
    return Key(explanation=key.explanation, option_feedback=about)


def _chosen(answer: Answer | None) -> set[str]:
    if answer is None or isinstance(answer.value, bool):
        return set()
    if isinstance(answer.value, dict):
        return set(answer.value.values())
    return {answer.value} if isinstance(answer.value, str) else set(answer.value)
