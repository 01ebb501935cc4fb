"""What may be sent, by whom, how much of it, under which name, and in which parts."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from lms.errors import Conflict, Invalid, NotFound
from lms.identity import Role
from lms.uploads.model import Held, Part, Upload

PART_BYTES = 16 * 1024 * 1024
# How long a file may take to come; its addresses live shorter and can be had anew.
START_LIVES = timedelta(hours=24)
# A file is completed by the clock of one node, and its answer comes by that of another.
CLOCKS_APART = timedelta(seconds=5)
NAME_MAX_BYTES = 200
STARTED_MAX = 100
STUDENT_QUOTA_BYTES = 10_000_000_000
STAFF_QUOTA_BYTES = 200_000_000_000
STAFF: frozenset[Role] = frozenset({"admin", "teacher"})
PICTURES_MAX = 200

# What is shown in a page; by these first bytes it is what it says it is. WebP has its mark after the length.
INLINE: Mapping[str, re.Pattern[bytes]] = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}
HEAD_BYTES = 16

MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
FAMILIES = ("image/", "audio/", "video/", "text/", "font/", "model/")
# Of application/*, what people hand in and hand out: documents, data, archives.
APPLICATIONS = re.compile(
    r"application/(pdf|zip|gzip|json|xml|rtf|epub\+zip|octet-stream|msword|x-tex|x-latex|x-7z-compressed|x-tar"
    r"|x-ipynb\+json|geogebra|vnd\.(ms-(excel|powerpoint)|openxmlformats-officedocument|oasis\.opendocument"
    r"|geogebra|apple\.(pages|numbers|keynote))(\.[a-z0-9.-]+)?)"
)
# What runs in a browser or on a desk when somebody opens it.
FORBIDDEN_TYPES = re.compile(
    r".*(html|svg|javascript|ecmascript|vbscript|x-sh|x-python-exec|hta).*"
)
FORBIDDEN_ENDING = re.compile(
    r"apk|app|bat|cmd|com|cpl|dll|dmg|exe|gadget|hta|html?|jar|jnlp|jse?|lnk|mht(ml)?|mjs|ms[cip]|pif|ps1(xml)?|psm1|reg"
    r"|sc[fr]|sh|svgz?|swf|url|vb[es]?|ws[fh]|xht(ml)?"
)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
UPLOAD_IN_TEXT = re.compile(r"upload:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def clean_name(name: str) -> str:
    """The name under which it is given back: one line, no path, nothing that turns or hides letters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # C: control, format (directions, joiners), surrogate, private, unassigned; Z: every space becomes one.
    shown = "".join(
        " " if category[0] == "Z" else char
        for char in last
        if (category := unicodedata.category(char))[0] != "C"
    )
    kept = re.sub(r'[<>:"|?*]', "_", " ".join(shown.split())).strip(" .")
    if not kept or RESERVED.fullmatch(kept):
        kept = f"file {kept}".strip()
    return _shortened(kept)


def _shortened(name: str) -> str:
    """At most NAME_MAX_BYTES of UTF-8, and its ending kept."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = name, "", ""
    room = NAME_MAX_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + dot + ending


def check_type(media_type: str, name: str) -> str:
    """The type as it is kept; Invalid when it, or the ending of the name, is none that is taken here."""
    kept = media_type.partition(";")[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(kept):
        raise Invalid("This is no media type.", pointer="/type", code="upload_type")
    known = kept.startswith(FAMILIES) or APPLICATIONS.fullmatch(kept)
    if not known or FORBIDDEN_TYPES.fullmatch(kept):
        raise Invalid(
            "Files of this type are not taken.", pointer="/type", code="upload_type_refused"
        )
    _, dot, ending = name.lower().rpartition(".")
    if dot and FORBIDDEN_ENDING.fullmatch(ending):
        raise Invalid(
            "Files with this ending are not taken.", pointer="/name", code="upload_type_refused"
        )
    return kept


def check_quota(roles: Iterable[Role], held: Held, size_bytes: int) -> None:
    """Raise Conflict when it would be more than this person may have here."""
    if held.started >= STARTED_MAX:
        raise Conflict(
            f"{STARTED_MAX} files are on their way already: finish or wait.",
            code="uploads_too_many",
        )
    quota = STUDENT_QUOTA_BYTES if STAFF.isdisjoint(roles) else STAFF_QUOTA_BYTES
    if held.size_bytes + size_bytes > quota:
        raise Conflict(
            f"This would be more than your {quota // 1_000_000_000} GB.", code="upload_quota"
        )


def parts(size_bytes: int) -> list[Part]:
    """The stretches in which a file of this size is sent."""
    return [
        Part(number=number, offset=offset, size=min(PART_BYTES, size_bytes - offset))
        for number, offset in enumerate(range(0, size_bytes, PART_BYTES))
    ]


def check_started(upload: Upload, now: datetime) -> None:
    """Raise Conflict when nothing can be sent for it any more."""
    if upload.state != "started" or upload.expires_at <= now:
        raise Conflict("This file is over: begin anew.", code="upload_over")


def check_ready(upload: Upload | None) -> Upload:
    """The file, if its bytes can be read."""
    if upload is None or upload.state != "ready":
        raise NotFound("There is no such file.")
    return upload


def is_what_it_says(media_type: str, head: bytes) -> bool:
    """Whether its first bytes fit its type, as far as that type is shown in pages."""
    return media_type not in INLINE or INLINE[media_type].match(head) is not None


def ids_in(texts: Iterable[str]) -> list[str]:
    """The uploads that these texts show, each once."""
    found = dict.fromkeys(
        match for text in texts if "upload:" in text for match in UPLOAD_IN_TEXT.findall(text)
    )
    return list(found)[:PICTURES_MAX]


def check_pictures(wanted: Iterable[str], usable: Iterable[str]) -> None:
    """Raise Invalid when a text shows a file that its author may not use."""
    missing = sorted(set(wanted) - set(usable))
    if missing:
        raise Invalid(
            f"There is no picture upload:{missing[0]} that you could use.", code="picture_unknown"
        )
