"""A link of a text leads to a page, a letter or an upload, and never runs anything."""

import pytest

from lms.questions import links
from lms.questions.model import Content, Key, Option

UPLOAD = "018f3a5e-0000-7000-8000-00000000de30"


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a]( javascript:x)",
        "[a](<javascript:x>)",
        "[a](java\u200bscript:x)",
        "[a](&#106;avascript:x)",
        "[a](javascript&colon;x)",
        "[a](java&Tab;script:x)",
        "![a](javascript:x)",
        "[a](\x01javascript:x)",
        "[a](vbscript:x)",
        "[a](data:text/html;base64,xyz)",
        "![a](data:image/png;base64,xyz)",
        "[a](file:///etc/passwd)",
        "[a](blob:x)",
        "[[b]](javascript:x)",
        "[a][b]\n\n[b]: javascript:x",
        "[a][b]\n\n   [b]:\n <javascript:x>",
        "<javascript:alert(1)>",
        "<DATA:x>",
        '<a href="javascript:x">a</a>',
        "<a href=javascript:x>a</a>",
        "<img src = 'data:x'>",
        "![a](upload:x)",
        f"![a](upload:{UPLOAD}x)",
        f"![a](upload:{UPLOAD.upper()})",
    ],
)
def test_a_link_that_may_run_or_leads_nowhere_is_refused(text: str) -> None:
    assert links.fault(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "JavaScript: the good parts",
        "data: 3, 4, 5",
        "[a](https://lectern.test/x?a=b:c)",
        "[a](http://lectern.test 'title: x')",
        "[a](mailto:a@b.test)",
        "[a](/courses)",
        "[a](#part)",
        "[a]()",
        f"![a wave](upload:{UPLOAD})",
        f'![a wave](upload:{UPLOAD} "title")',
        "$f[x](y) = a<b:c$ and {{gap}}",
        "| a | b |\n|:--|--:|\n| 1 | 2 |",
        "`code` <b>bold</b>",
        "<https://lectern.test>",
        r"\[ \frac{1}{2} \](x)",
    ],
)
def test_what_people_write_is_let_be(text: str) -> None:
    assert links.fault(text) is None


def test_the_uploads_of_a_question_are_found_wherever_they_stand() -> None:
    shown = f'![a "b"](upload:{UPLOAD})'
    content = Content(prompt="a ![b](upload:x)", options=[Option(id="a", text=shown)])
    assert links.uploads_of(links.texts(content, Key())) == {UPLOAD}
    assert links.uploads_of(links.texts(Content(prompt="p"), Key(explanation=shown))) == {UPLOAD}
