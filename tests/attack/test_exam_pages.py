"""Hostile words in every place that keeps words, seen by a student and by a teacher in a real Chromium: they stay words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Dialog, Page, Request, async_playwright

from tests.support.browsers import chromium
from tests.support.items import wire
from tests.support.ready_exams import new_id
from tests.support.running import RunningLectern

pytestmark = [
    pytest.mark.attack,
    pytest.mark.journey,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]

RUN = "window.top.ran=1"
# Each would run, frame, fetch or navigate where words became markup, an address or a style.
WORDS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    f'"><img src=x onerror={RUN}>',
    f"'-({RUN})-'",
    f"<iframe srcdoc='<script>{RUN}</script>'></iframe>",
    f"<details open ontoggle={RUN}>",
    f"<a href=javascript:{RUN}>a</a>",
    f"[a](javascript:{RUN})",
    f"[a](JaVaScRiPt:{RUN})",
    f"[a](&#106;avascript:{RUN})",
    f"[a](java&#10;script:{RUN})",
    f"[a](data:text/html,<script>{RUN}</script>)",
    "[a](//evil.test/a)",
    "![a](https://evil.test/a.png)",
    f'![a](upload:x" onerror="{RUN})',
    "![a](upload:../../evil)",
    f"<javascript:{RUN}>",
    f"`</code><img src=x onerror={RUN}>`",
    f"$\\href{{javascript:{RUN}}}{{a}}$",
    "$\\url{javascript:alert(1)}$",
    "$\\includegraphics{https://evil.test/a.png}$",
    f"$\\htmlData{{x=1}}{{a}} \\htmlStyle{{position:fixed}}{{b}} \\htmlClass{{a}}{{<img src=x onerror={RUN}>}}$",
    "$\\def\\a{\\a\\a\\a}\\a$",
    "$\\rule{9999em}{9999em}$",
    f"$\\text{{<img src=x onerror={RUN}>}}$",
    "{{constructor}} {{__proto__}}",
    "\u202etxt.exe\u2066",
    '=HYPERLINK("https://evil.test")',
)
MARKDOWN = "\n\n".join(WORDS)
# A question is refused with a link that leads elsewhere, and with a gap that is not described.
OF_QUESTIONS = "\n\n".join(
    one for one in WORDS if not one.startswith(("[a]", "![a]", "<a ", "<java", "{{"))
)
LINE = f'"><img src=x onerror={RUN}>'
PAGE_SECONDS = 20.0
SCORED_SECONDS = 60.0
# What is said of the pages by themselves: each breach of their policy, and whether anything ran.
WATCH = """
window.breaches = [];
document.addEventListener('securitypolicyviolation', (event) => window.breaches.push(event.violatedDirective + ' ' + event.blockedURI));
"""


@dataclass
class Watched:
    """One person's page, and what went wrong on it."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.page.url}: {error}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.wrong.append(f"{self.page.url} asked {request.url}")

    async def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"{self.page.url}: a dialog")
        await dialog.dismiss()

    async def sees(self, path: str, words: str) -> None:
        """Open the page, wait until it shows these words, press every link of its texts; nothing may have run."""
        await self.page.goto(f"{self.base}{path}")
        await self.page.get_by_text(words).first.wait_for(state="attached")
        await self.holds()

    async def holds(self) -> None:
        await self.page.wait_for_timeout(300)
        found: dict[str, Any] = await self.page.evaluate(
            "() => ({ran: window.ran, breaches: window.breaches, frames: window.frames.length,"
            " ways: [...document.querySelectorAll('.md a')].map((a) => a.protocol),"
            " pictures: [...document.querySelectorAll('.md img')].map((one) => one.getAttribute('src')),"
            " handlers: [...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames()).filter((one) => one.startsWith('on')),"
            " wide: Math.max(...[...document.querySelectorAll('.md *')].map((one) => one.getBoundingClientRect().height), 0)})"
        )
        where = self.page.url
        assert found["ran"] is None, where
        assert found["breaches"] == [], where
        assert found["frames"] == 0, where
        assert set(found["ways"]) <= {"https:", "http:", "mailto:"}, where
        assert found["pictures"] == [], where
        assert found["handlers"] == [], where
        assert found["wide"] < 5000, where


@asynccontextmanager
async def watched(browser: Browser, lectern: RunningLectern, who: str) -> AsyncIterator[Watched]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PAGE_SECONDS * 1000)
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(f"{lectern.base_url}/signin")
    await page.get_by_test_id("signin-email").fill(f"{who}@demo.school")
    await page.get_by_test_id("signin-password").fill("lectern-demo")
    await page.get_by_test_id("signin-submit").click()
    await page.get_by_test_id("signin-submit").wait_for(state="detached")
    seen = Watched(page, lectern.base_url)
    seen.listen()
    yield seen
    await context.close()
    assert seen.wrong == []


async def sent(
    session: aiohttp.ClientSession, method: str, path: str, body: Any, *, tag: str = ""
) -> dict[str, Any]:
    headers = {"Idempotency-Key": new_id(), **({"If-Match": tag} if tag else {})}
    async with session.request(method, f"/api/v1{path}", json=body, headers=headers) as reply:
        made: dict[str, Any] = await reply.json() if reply.content_type.endswith("json") else {}
        assert reply.status < 300, (path, made.get("errors"), made)
    return made


def hostile(kind: Any) -> dict[str, Any]:
    """A question with hostile words wherever it may have words."""
    body = wire(kind, tags=[LINE[:80]])
    content, key = body["content"], body["key"]
    body["title"] = LINE
    holes = " ".join(f"{{{{{gap['id']}}}}}" for gap in content["gaps"])
    content["prompt"] = f"Hostile {kind}\n\n{OF_QUESTIONS}\n\n{holes}"
    for part in (*content["options"], *content["left"]):
        part["text"] = LINE
    for gap in content["gaps"]:
        for option in gap["options"]:
            option["text"] = LINE
    key["explanation"] = f"Explained\n\n{OF_QUESTIONS}"
    if kind in ("single_choice", "multiple_choice"):
        key["option_feedback"] = {option["id"]: OF_QUESTIONS for option in content["options"]}
    for criterion in key["rubric"]:
        criterion["title"] = LINE
        for level in criterion["levels"]:
            level["title"] = LINE
    return body


async def test_hostile_words_stay_words_on_every_page_of_an_exam(
    lectern: RunningLectern,
) -> None:
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(lectern.signed_in("admin"))
        teacher = await stack.enter_async_context(lectern.signed_in("teacher"))
        student = await stack.enter_async_context(lectern.signed_in("student1"))
        async with student.get("/api/v1/me") as reply:
            me = (await reply.json())["user"]["id"]
        await sent(admin, "PATCH", f"/users/{me}", {"name": LINE})
        course = (await sent(teacher, "POST", "/courses", {"title": LINE}))["id"]
        await sent(
            teacher,
            "POST",
            f"/courses/{course}/enrolments",
            {"user_id": me, "role": "student"},
        )
        kinds = ("single_choice", "multiple_choice", "matching", "cloze", "essay", "file_upload")
        questions = [
            (await sent(teacher, "POST", f"/courses/{course}/questions", hostile(kind)))["id"]
            for kind in kinds
        ]
        sections = [{"id": "s", "title": LINE, "text": MARKDOWN, "question_ids": questions}]
        settings = {"text": f"Begin\n\n{MARKDOWN}", "sections": sections, "attempts_allowed": 2}
        plan = {"title": LINE, "settings": settings}
        exam = (await sent(teacher, "POST", f"/courses/{course}/assessments", plan))["id"]
        await sent(teacher, "POST", f"/assessments/{exam}/publish", {})
        attempt = await handed_in(student, exam)

        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        stack.push_async_callback(browser.close)
        marked = await marks(teacher, attempt)
        async with watched(browser, lectern, "teacher") as page:
            await page.sees(f"/courses/{course}/bank", LINE)
            for question in questions:
                await page.sees(f"/questions/{question}", "Hostile")
            await page.sees(f"/assessments/{exam}/settings", LINE)
            await page.sees(f"/assessments/{exam}/board", LINE)
            await page.sees(f"/assessments/{exam}/marking", "Hostile essay")
            await page.page.keyboard.press("j")
            await page.holds()
            await page.sees(f"/courses/{course}/gradebook", LINE)
        await sent(teacher, "POST", f"/assessments/{exam}/release", {})
        async with watched(browser, lectern, "teacher") as page:
            await page.sees(f"/assessments/{exam}/items", LINE)
        async with watched(browser, lectern, "student1") as page:
            await page.sees(f"/courses/{course}", LINE)
            await page.sees(f"/exams/{exam}", "Begin")
            await page.page.get_by_test_id("exam-begin").click()
            await page.page.get_by_test_id("exam").wait_for()
            for at in range(len(kinds)):
                await page.page.get_by_test_id("exam-map-place").nth(at).click()
                await page.page.get_by_text(f"Hostile {kinds[at]}").first.wait_for()
                await page.holds()
            await page.sees(f"/exams/{exam}/attempts/{attempt}/result", "Explained")
            await page.sees(f"/exams/{exam}/attempts/{attempt}/result", "Commented")
            await page.sees(f"/courses/{course}/gradebook", LINE)
        assert marked == 2


async def handed_in(student: aiohttp.ClientSession, exam: str) -> str:
    """An attempt whose answers and file are hostile too."""
    begun = await sent(student, "POST", f"/assessments/{exam}/attempts", {})
    about = {"name": LINE.replace("/", "") + ".txt", "size": 1, "type": "text/plain"}
    ticket = await sent(student, "POST", "/uploads", about)
    async with student.put(ticket["parts"][0]["url"], data=b"x") as reply:
        assert reply.status == 204
    await sent(student, "POST", f"/uploads/{ticket['id']}/complete", {})
    given: dict[str, Any] = {
        "essay": MARKDOWN,
        "single_choice": LINE,
        "cloze": {"what": LINE},
        "file_upload": [ticket["id"], LINE],
    }
    for seq, item in enumerate(begun["items"], start=1):
        if item["kind"] in given:
            path = f"/attempts/{begun['id']}/answers/{item['id']}"
            body = {"opening": 1, "seq": seq, "value": given[item["kind"]]}
            await sent(student, "PUT", path, body)
    body = {"opening": 1, "last_seq": len(begun["items"])}
    await sent(student, "POST", f"/attempts/{begun['id']}/submit", body)
    return str(begun["id"])


async def script_of(teacher: aiohttp.ClientSession, attempt: str) -> dict[str, Any]:
    async with teacher.get(f"/api/v1/attempts/{attempt}/script") as reply:
        script: dict[str, Any] = await reply.json()
    assert reply.status == 200, script
    return script


async def marks(teacher: aiohttp.ClientSession, attempt: str) -> int:
    """Mark what people mark, with a hostile comment, once it was scored."""
    async with asyncio.timeout(SCORED_SECONDS):
        while (script := await script_of(teacher, attempt))["attempt"]["state"] != "marking":
            await asyncio.sleep(0.1)
    waiting = [one["item"] for one in script["items"] if one["reason"] == "to_mark"]
    for item in waiting:
        body = {"round": 1, "earned_milli": 500, "comment": f"Commented\n\n{MARKDOWN}"}
        await sent(teacher, "PUT", f"/attempts/{attempt}/marks/{item['id']}", body)
    return len(waiting)
