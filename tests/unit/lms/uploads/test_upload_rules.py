"""Names are made harmless, types are taken from a list, sizes are bounded, parts fill the file."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.errors import Conflict, Invalid, NotFound
from lms.identity import Role
from lms.ids import UploadId, UserId
from lms.uploads import rules
from lms.uploads.model import Held, State, Upload

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ID = "018f3a5e-0000-7149-9256-7c2f359dbbbc"


def upload(state: State = "started", expires_at: datetime = NOW + timedelta(hours=1)) -> Upload:
    return Upload(
        upload_id=UploadId(ID),
        user_id=UserId(ID),
        name="a.txt",
        type="text/plain",
        size_bytes=1,
        state=state,
        class_id=None,
        digest=None,
        created_at=NOW,
        expires_at=expires_at,
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("essay.pdf", "essay.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\essay.pdf", "essay.pdf"),
        ("..", "file"),
        ("...", "file"),
        ("/", "file"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ("a\x00b.txt", "ab.txt"),
        ('a"b;c.txt', "a_b;c.txt"),
        ("  two   spaces.txt ", "two spaces.txt"),
        (".htaccess", "htaccess"),
        ("CON.txt", "file CON.txt"),
        ("con", "file con"),
        ("\u0628\u062d\u062b.pdf", "\u0628\u062d\u062b.pdf"),
        ("e\u0301t\u00e9.txt", "\u00e9t\u00e9.txt"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_is_made_harmless(sent: str, kept: str) -> None:
    assert rules.clean_name(sent) == kept


@given(st.text(max_size=300))
def test_a_clean_name_is_one_line_of_bounded_length_and_clean_already(sent: str) -> None:
    kept = rules.clean_name(sent)
    assert kept
    assert len(kept.encode()) <= rules.NAME_MAX_BYTES
    assert not set(kept) & set('/\\<>:"|?*')
    assert all(unicodedata.category(char)[0] != "C" for char in kept)
    assert kept not in (".", "..")
    assert not kept.startswith(".")


def test_a_long_name_keeps_its_ending() -> None:
    kept = rules.clean_name("\u00e4" * 300 + ".pdf")
    assert kept.endswith(".pdf")
    assert len(kept.encode()) <= rules.NAME_MAX_BYTES


@pytest.mark.parametrize(
    "media_type",
    [
        "image/png",
        "TEXT/Plain; charset=utf-8",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text",
        "audio/ogg",
        "video/mp4",
        "application/zip",
    ],
)
def test_what_people_hand_in_is_taken(media_type: str) -> None:
    assert rules.check_type(media_type, "a.bin") == media_type.partition(";")[0].lower()


@pytest.mark.parametrize(
    "media_type",
    [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/javascript",
        "application/x-msdownload",
        "application/java-archive",
        "application/x-sh",
        "text/html;image/png",
        "multipart/form-data",
        "message/rfc822",
    ],
)
def test_what_runs_when_it_is_opened_is_not_taken(media_type: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_type(media_type, "a.txt")
    assert refused.value.code == "upload_type_refused"


@pytest.mark.parametrize(
    "media_type",
    ["", "image", "image/", "/png", "image/png\r\nX: y", "image /png", "\u0456mage/png"],
)
def test_what_is_no_media_type_is_not_taken(media_type: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_type(media_type, "a.txt")
    assert refused.value.code == "upload_type"


@pytest.mark.parametrize("name", ["a.exe", "a.png.EXE", "photo.html", "x.SVG", "run.js", "a.lnk"])
def test_an_ending_that_runs_is_not_taken_whatever_the_type_says(name: str) -> None:
    with pytest.raises(Invalid):
        rules.check_type("image/png", name)


@pytest.mark.parametrize("role", get_args(Role))
def test_everybody_has_a_quota(role: Role) -> None:
    staff = role in ("admin", "teacher")
    quota = rules.STAFF_QUOTA_BYTES if staff else rules.STUDENT_QUOTA_BYTES
    rules.check_quota([role], Held(size_bytes=quota - 5, started=0), 5)
    with pytest.raises(Conflict) as refused:
        rules.check_quota([role], Held(size_bytes=quota - 5, started=0), 6)
    assert refused.value.code == "upload_quota"
    with pytest.raises(Conflict) as refused:
        rules.check_quota([role], Held(size_bytes=0, started=rules.STARTED_MAX), 1)
    assert refused.value.code == "uploads_too_many"


@given(st.integers(min_value=1, max_value=10_000_000_000))
def test_the_parts_fill_the_file_without_a_gap(size: int) -> None:
    parts = rules.parts(size)
    assert [part.number for part in parts] == list(range(len(parts)))
    assert sum(part.size for part in parts) == size
    assert all(part.offset == part.number * rules.PART_BYTES for part in parts)
    assert all(0 < part.size <= rules.PART_BYTES for part in parts)


def test_only_what_was_started_and_is_not_too_old_goes_on() -> None:
    rules.check_started(upload(), NOW)
    for over in (upload("ready"), upload("failed"), upload(expires_at=NOW)):
        with pytest.raises(Conflict) as refused:
            rules.check_started(over, NOW)
        assert refused.value.code == "upload_over"


def test_only_what_is_ready_can_be_read() -> None:
    assert rules.check_ready(upload("ready")).state == "ready"
    for other in (None, upload(), upload("failed")):
        with pytest.raises(NotFound):
            rules.check_ready(other)


def test_a_picture_begins_like_one() -> None:
    assert rules.is_what_it_says("image/png", b"\x89PNG\r\n\x1a\n.......")
    assert rules.is_what_it_says("image/webp", b"RIFF\n\r\x00\x01WEBPVP8 ")
    assert not rules.is_what_it_says("image/gif", b"<svg onload=x>")
    assert not rules.is_what_it_says("image/jpeg", b"")
    assert rules.is_what_it_says("application/pdf", b"anything")


def test_the_pictures_of_texts_are_found_once_each() -> None:
    texts = [f"![a](upload:{ID}) and ![b](upload:{ID})", "no picture", "![x](upload:else)"]
    assert rules.ids_in(texts) == [ID]
    rules.check_pictures([ID], {ID})
    with pytest.raises(Invalid) as refused:
        rules.check_pictures([ID], set())
    assert refused.value.code == "picture_unknown"
