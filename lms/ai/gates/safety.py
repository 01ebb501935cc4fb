"""The sixth gate: nothing that a school would not say to a child, nothing of a person, and nothing that was meant for a machine."""

import hashlib
import re
from collections.abc import Sequence

from lms.ai import personal
from lms.ai.gates import wording
from lms.ai.gates.model import Case
from lms.ai.gates.unsafe import DEMEANING, HARM, MACHINE, RUDE, SENSITIVE, SEXUAL
from lms.ai.model import Draft, Finding

DIGEST_BYTES = 8
# Addresses, and what a browser would take for one.
ADDRESS = re.compile(
    r"(?:\bhttps?:|\bftp:|\bwww\.[a-z0-9]|\bmailto:|\]\(|\bdata:[a-z]+/|javascript:"
    r"|(?<![\w@.])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}(?:com|org|edu|gov|biz|xyz)(?![\w-]))"
)
# What pages make a way out of, wherever a mark of code or of a formula seems to stand around it: where those end, pages know better.
LIVE = re.compile(r"https?:/|mailto:|\bwww\.[a-z0-9]")
SURELY_CODE = re.compile(r"""(?<![\\`])(`+)(?!`)[^`\s\[\]<>()"'$]+\1(?!`)""")
ESCAPED = re.compile(r"\\([^\w\s])")
MARKUP = re.compile(
    r"</?[a-z][a-z0-9]{0,20}(?:\s[^<>]{0,500})?/?>|<!--|<script|\bon(?:error|load|click)\s*="
)
CARD = re.compile(r"(?<![\d.,])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?!\d|[.,]\d)")
# Letters that nobody sees, and marks that turn what is seen around: a text that needs them hides something.
UNSEEN = re.compile("[\U000e0000-\U000e007f\u202d\u202e\u2060-\u2064\ufff9-\ufffb]")
# Latin and Cyrillic letters in one word look alike and are not what they seem.
LATIN, CYRILLIC = re.compile("[a-z]"), re.compile("[\u0430-\u045f]")
INSURED = re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])")
ACCOUNT = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])"
)
# What only a source can have told: the number of a section of some rule.
RULE = re.compile(
    r"(?:\b(?:section|article|clause|regulation|subsection|directive)|\u00a7|\b(?:articulo|artikel)"
    r"|المادة|البند|الفقرة) ?(?:رقم )?(\d{1,4}(?:\.\d{1,3})*)"
)

PATTERNS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("injection", MACHINE),
    ("harm", HARM),
    ("sexual", SEXUAL),
    ("demeaning", DEMEANING),
)


def look(case: Case) -> Finding:
    """The first thing that must not reach a learner, by its kind."""
    texts = [*wording.texts(case.draft), case.draft.quote]
    code = next((found for text in texts if (found := _fault(text))), "")
    code = code or _invented(case)
    return Finding(gate="safety", passed=not code, code=code)


def _fault(text: str) -> str:
    if UNSEEN.search(text):
        return "hidden"
    plain = wording.plain(text)
    if CYRILLIC.search(plain) and any(map(_is_disguised, wording.words(plain))):
        return "disguised"
    spelled = wording.unaccented(plain)
    for code, pattern in PATTERNS:
        if pattern.search(spelled):
            return code
    outside = wording.plain(wording.prose(text))
    if MARKUP.search(outside):
        return "markup"
    if ADDRESS.search(outside) or _is_live(text):
        return "address"
    if personal.found(text) or INSURED.search(spelled) or _is_card(spelled) or _is_account(text):
        return "personal"
    return "rude" if _is_rude(spelled) else ""


def _is_live(text: str) -> bool:
    unwrapped = ESCAPED.sub(r"\1", SURELY_CODE.sub(" ", text))
    return bool(LIVE.search(wording.plain(unwrapped)))


def _is_disguised(word: str) -> bool:
    return bool(LATIN.search(word) and CYRILLIC.search(word))


def _is_rude(plain: str) -> bool:
    """Words that a school does not print; they are kept as digests, and so is nobody's screen full of them."""
    words = wording.words(plain)
    return any(digest(word) in RUDE for word in words)


def digest(word: str) -> str:
    """A word as the list has it."""
    return hashlib.sha256(word.encode()).digest()[:DIGEST_BYTES].hex()


def _is_card(plain: str) -> bool:
    return any(_luhn(re.sub(r"\D", "", found[0])) for found in CARD.finditer(plain))


def _luhn(digits: str) -> bool:
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _is_account(text: str) -> bool:
    """Whether an IBAN stands in it: its sum of digits shows that it is one."""
    for found in ACCOUNT.finditer(text):
        number = found[0].replace(" ", "")
        turned = "".join(str(int(char, 36)) for char in number[4:] + number[:4])
        if int(turned) % 97 == 1:
            return True
    return False


def _invented(case: Case) -> str:
    """A rule with its number, which the source does not have."""
    source = wording.plain(case.source)
    if not source:
        return ""
    named = {
        one[1] for text in wording.texts(case.draft) for one in RULE.finditer(wording.plain(text))
    }
    known = {one[1] for one in RULE.finditer(source)}
    return "invented_rule" if named - known else ""


def sensitive(draft: Draft) -> bool:
    """Whether it speaks of what needs a careful reader: no fault, but never waved through."""
    return any(
        SENSITIVE.search(wording.unaccented(wording.plain(text))) for text in wording.texts(draft)
    )
