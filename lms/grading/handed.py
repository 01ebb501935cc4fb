"""◇ Which files of an answer its question allows, and why not the others.

Nothing that was taken is thrown away for it: such a file stays its learner's, and is not given to those who mark.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lms.attempts.model import PaperItem, Value
from lms.questions.model import Content
from lms.uploads.model import Upload

Breach = Literal["too_many", "too_large", "wrong_type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The files that those who mark are given, and of each item those that its question does not allow."""

    given: dict[str, Upload]
    refused: dict[str, dict[str, Breach]]


def sort(answers: Iterable[tuple[PaperItem, Value | None]], uploads: Iterable[Upload]) -> Handed:
    """What is not among the uploads is not there: nobody is told more of it. Each item goes by its own rule."""
    by_id = {str(one.upload_id): one for one in uploads}
    handed = Handed(given={}, refused={})
    for item, value in answers:
        if item.kind != "file_upload" or not isinstance(value, list):
            continue
        there = [by_id[one] for one in dict.fromkeys(value) if one in by_id]
        breaches = dict(_breaches(item.content, there))
        handed.given.update({k.upload_id: k for k in there if k.upload_id not in breaches})
        if breaches:
            handed.refused[item.id] = breaches
    return handed


def _breaches(content: Content, uploads: Iterable[Upload]) -> Iterator[tuple[str, Breach]]:
    """What is too large or of another type takes no other file's place."""
    taken = 0
    for upload in uploads:
        if upload.size_bytes > content.max_file_bytes:
            yield upload.upload_id, "too_large"
        elif not is_of(content.file_types, upload.type, upload.name):
            yield upload.upload_id, "wrong_type"
        elif taken >= content.max_files:
            yield upload.upload_id, "too_many"
        else:
            taken += 1


def is_of(file_types: Sequence[str], media_type: str, name: str) -> bool:
    """Whether one of these (.pdf, image/*, text/csv) fits the file; as web/src/ui/questions/value.ts has it."""
    return not file_types or any(_fits(one.lower(), media_type, name) for one in file_types)


def _fits(wanted: str, media_type: str, name: str) -> bool:
    if wanted.startswith("."):
        return name.lower().endswith(wanted)
    if wanted.endswith("/*"):
        return media_type.startswith(wanted[:-1])
    return media_type == wanted
