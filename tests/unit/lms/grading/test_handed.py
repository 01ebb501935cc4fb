"""Which files of an answer are given to those who mark."""

from datetime import UTC, datetime

import pytest

from lms.attempts.model import PaperItem
from lms.grading.handed import Breach, is_of, sort
from lms.ids import UploadId, UserId
from lms.questions.model import Content
from lms.uploads.model import Upload

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def item(item_id: str = "i1", max_files: int = 2, max_file_bytes: int = 100) -> PaperItem:
    content = Content(
        prompt="",
        max_files=max_files,
        max_file_bytes=max_file_bytes,
        file_types=[".pdf", "audio/*"],
    )
    return PaperItem(id=item_id, kind="file_upload", section="s", points_milli=1, content=content)


def upload(upload_id: str, size_bytes: int = 1, name: str = "a.pdf") -> Upload:
    return Upload(
        upload_id=UploadId(upload_id),
        user_id=UserId("ann"),
        name=name,
        type="application/octet-stream",
        size_bytes=size_bytes,
        state="ready",
        class_id=None,
        digest="",
        created_at=NOW,
        expires_at=NOW,
    )


def test_each_rule_keeps_files_out_and_what_is_kept_out_takes_no_place() -> None:
    uploads = [
        upload("big", 101),
        upload("full", 100),
        upload("odd", name="a.exe"),
        upload("b"),
        upload("c"),
    ]
    names = ["big", "odd", "full", "full", "nowhere", "b", "c"]
    found = sort([(item(), names)], uploads)
    assert list(found.given) == ["full", "b"]
    assert found.refused == {"i1": {"big": "too_large", "odd": "wrong_type", "c": "too_many"}}


def test_a_file_that_one_item_allows_is_given_and_the_other_still_says_no() -> None:
    breach: Breach = "too_large"
    found = sort(
        [(item("i1"), ["f"]), (item("i2", max_file_bytes=500), ["f"])], [upload("f", 300)]
    )
    assert list(found.given) == ["f"]
    assert found.refused == {"i1": {"f": breach}}


@pytest.mark.parametrize("value", [None, "f", True, {"f": "f"}])
def test_what_is_no_list_names_no_file(value: str | bool | dict[str, str] | None) -> None:
    found = sort([(item(), value)], [upload("f")])
    assert (found.given, found.refused) == ({}, {})


@pytest.mark.parametrize(
    ("media_type", "name", "fits"),
    [
        ("", "a.PDF", True),
        ("audio/ogg", "a", True),
        ("text/csv", "a.zip", True),
        ("application/zip", "a.zip", False),
        ("", "pdf", False),
    ],
)
def test_a_type_is_an_ending_a_family_or_itself(media_type: str, name: str, fits: bool) -> None:
    assert is_of([".Pdf", "audio/*", "text/CSV"], media_type, name) is fits
    assert is_of([], media_type, name)
