"""Every page of the school by the rules of WCAG 2.2 AA: both languages, both themes, wide and narrow, large text, keys."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.journeys.conftest import Enter
from tests.support.running import RunningLectern

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
LOOKS: list[tuple[str, str, ViewportSize]] = [
    ("en", "light", DESKTOP),
    ("ar", "dark", PHONE),
    ("en", "dark", PHONE),
    ("ar", "light", DESKTOP),
]
OF_EVERYBODY = ["/", "/courses", "/courses/:course", "/lessons/:lesson", "/status", "/nowhere"]
OF_EXAMS = [
    "/courses/:course/bank",
    "/courses/:course/bank/new?kind=matching",
    "/courses/:course/bank/new?kind=essay",
    "/courses/:course/gradebook",
    "/courses/:course/skills",
    "/assessments/:assessment/settings",
    "/assessments/:assessment/board",
    "/assessments/:assessment/marking",
    "/assessments/:assessment/items",
]
PAGES = {
    "student1": [*OF_EVERYBODY, "/courses/:course/gradebook", "/courses/:course/skills"],
    "teacher": [
        *OF_EVERYBODY,
        "/lessons/:lesson/edit",
        "/courses/:course/lessons/new",
        *OF_EXAMS,
    ],
    "admin": ["/", "/admin/people"],
    "proctor": ["/"],
    "reviewer": ["/"],
}


async def violations(page: Page) -> list[Any]:
    """What axe finds against the rules, each with the first element that breaks it."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text("utf-8") + "\n;undefined")
    found: list[Any] = await page.evaluate(
        """async rules => (await axe.run(document, {runOnly: rules})).violations
            .map(({id, nodes}) => [id, nodes[0].html, nodes[0].failureSummary])""",
        RULES,
    )
    return found


async def goes_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    wider: bool = await page.evaluate(
        "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wider


async def settled(page: Page) -> None:
    """Wait until the page has drawn what it fetched."""
    await expect(page.locator("h1").first).to_be_visible()
    await expect(page.locator(".skels")).to_have_count(0)
    await expect(page.locator(".btn[aria-busy=true]")).to_have_count(0)


async def dress(page: Page, locale: str, theme: str, size: ViewportSize) -> None:
    """Turn this browser to a language, a theme and a size."""
    await page.set_viewport_size(size)
    await page.evaluate(
        """([locale, theme]) => {
            localStorage.setItem("lectern.locale", locale);
            localStorage.setItem("lectern.theme", theme);
        }""",
        [locale, theme],
    )


async def addresses(page: Page, base_url: str) -> dict[str, str]:
    """The demo course, its first lesson and its exam for those who run it, as this person finds them."""
    await page.goto(f"{base_url}/courses")
    await page.locator(".course-card").first.click()
    await settled(page)
    lesson = await page.locator(".lessons a").first.get_attribute("href")
    assert lesson is not None
    known = {":course": page.url.rpartition("/")[2], ":lesson": lesson.rpartition("/")[2]}
    exam = page.locator(".exams .list a").first
    if await exam.count():
        known[":assessment"] = str(await exam.get_attribute("href")).split("/")[2]
    return known


@pytest.mark.parametrize("who", PAGES)
async def test_pages_break_no_rule(who: str, lectern: RunningLectern, enter: Enter) -> None:
    person = await enter(who)
    page = person.page
    known = await addresses(page, lectern.base_url) if who in ("student1", "teacher") else {}
    # The teacher's pages hold all that the others' do; theirs are seen in every look.
    for locale, theme, size in LOOKS if who == "teacher" else LOOKS[:2]:
        await dress(page, locale, theme, size)
        for pattern in PAGES[who]:
            path = pattern
            for name, value in known.items():
                path = path.replace(name, value)
            await person.go(path)
            await settled(page)
            where = f"{pattern} {locale} {theme} {size['width']}"
            assert await page.evaluate("() => document.documentElement.lang") == locale
            # In a window as high as the page: a bar at its foot cuts no button in two, as it does until one scrolls.
            height: int = await page.evaluate("() => document.documentElement.scrollHeight")
            await page.set_viewport_size({**size, "height": max(height, size["height"])})
            assert await violations(page) == [], where
            await page.set_viewport_size(size)
            assert not await goes_sideways(page), where


async def test_the_way_in_breaks_no_rule(lectern: RunningLectern, enter: Enter) -> None:
    page = (await enter("student1")).page
    for locale, theme, size in LOOKS:
        await dress(page, locale, theme, size)
        await page.context.clear_cookies()
        await page.goto(f"{lectern.base_url}/signin")
        await page.get_by_test_id("signin-email").fill("student1@demo.school")
        await page.get_by_test_id("signin-password").fill("not the password")
        await page.get_by_test_id("signin-submit").click()
        await expect(page.locator(".err")).to_be_visible()
        assert await violations(page) == [], f"{locale} {theme} {size['width']}"


@pytest.mark.parametrize(
    "button",
    ["#course-classes ~ button", "#course-people ~ button", "h1 ~ button"],
    ids=["plan", "enrol", "rename"],
)
async def test_dialogs_of_a_course_take_and_return_the_focus(
    button: str, lectern: RunningLectern, enter: Enter
) -> None:
    page = (await enter("teacher")).page
    await addresses(page, lectern.base_url)
    opener = page.locator(button)
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    await expect(dialog).to_be_visible()
    assert await page.evaluate("() => document.activeElement.closest('dialog') !== null")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/courses/:course", "/lessons/:lesson"])
async def test_narrow_windows_and_large_text_need_no_sideways_scroll(
    path: str, lectern: RunningLectern, enter: Enter
) -> None:
    person = await enter("teacher")
    page = person.page
    for name, value in (await addresses(page, lectern.base_url)).items():
        path = path.replace(name, value)
    await page.set_viewport_size(NARROW)
    await person.go(path)
    await settled(page)
    assert not await goes_sideways(page)
    await page.set_viewport_size(DESKTOP)
    await page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
    assert not await goes_sideways(page)


async def test_signing_in_and_out_by_keys_alone(lectern: RunningLectern, enter: Enter) -> None:
    page = (await enter("student2")).page
    await page.locator(".me").focus()
    await page.keyboard.press("Enter")
    menu = page.locator(".menu")
    await expect(menu).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(page.locator(".me")).to_be_focused()
    await page.keyboard.press("Enter")
    await menu.get_by_text("Sign out").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("signin-email")).to_be_visible()

    await page.get_by_test_id("signin-email").focus()
    await page.keyboard.type("student2@demo.school")
    await page.keyboard.press("Tab")
    await page.keyboard.type("lectern-demo")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("join-class").first).to_be_visible()


async def test_a_new_page_begins_at_its_top_for_those_who_hear_it(
    lectern: RunningLectern, enter: Enter
) -> None:
    page = (await enter("student1")).page
    await settled(page)
    await page.locator(".nav a").nth(1).click()
    await expect(page).to_have_title("Courses · Lectern")
    await expect(page.locator("#main")).to_be_focused()
    await page.go_back()
    await expect(page).to_have_title("Home · Lectern")
