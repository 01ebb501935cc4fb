"""The door and the class by thumb on a phone, in Arabic and in the dark, and by the keyboard alone; neither breaks a rule of WCAG."""

from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Enter
from tests.journeys.person import Person
from tests.journeys.test_pages_access import goes_sideways, violations
from tests.support.running import RunningLectern

OF_A_PHONE = {
    "viewport": PHONE,
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
    "color_scheme": "dark",
    "locale": "ar",
}
REACHED_BY_TAB_MAX = 60


async def breaks_nothing(person: Person) -> None:
    assert await violations(person.page) == []
    assert not await goes_sideways(person.page)


async def test_a_class_by_thumb(lectern: RunningLectern, enter: Enter) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1", **OF_A_PHONE)
    await teacher.join_class(class_id)
    page = student.page
    await student.go(f"/classes/{class_id}")
    assert await page.evaluate("document.documentElement.dir") == "rtl"
    await expect(student.part("door-way")).to_have_attribute("data-way", "good")
    await breaks_nothing(student)

    await student.part("door-join").tap()
    await student.sees_moving_pictures(1)
    await breaks_nothing(student)
    user = await student.user()

    await student.part("bar-hand").tap()
    assert await teacher.sees_hands(1) == [user]
    await teacher.says("Good morning")
    await student.part("panel-chat").tap()
    await student.reads("Good morning")
    await breaks_nothing(student)
    await student.part("chat-input").fill("صباح الخير")
    await student.part("chat-send").tap()
    await teacher.reads("صباح الخير")
    await student.part("panel-chat").tap()
    await expect(student.part("chat-input")).to_have_count(0)

    await student.part("bar-mic").tap()
    await student.part("bar-camera").tap()
    await expect(teacher.tile_of(user)).to_have_attribute("data-camera", "off")
    await student.part("bar-leave").tap()
    await page.locator("dialog[open] .acts button").last.tap()
    await student.is_out("left")
    await teacher.sees_that_left(user)


async def tab_to(person: Person, test_id: str) -> None:
    """Press Tab until this part has the focus, which must be seen."""
    at = """() => {
        const active = document.activeElement;
        // The line to write in shows the focus on its frame.
        const frame = active.closest(".compose") ?? active;
        return [active.dataset.testid ?? "", getComputedStyle(frame).outlineStyle !== "none"];
    }"""
    for _ in range(REACHED_BY_TAB_MAX):
        await person.page.keyboard.press("Tab")
        found, is_seen = await person.page.evaluate(at)
        assert is_seen, f"nothing shows that {found or 'it'} has the focus"
        if found == test_id:
            return
    raise AssertionError(f"{test_id} is not reached by Tab")


async def test_a_class_by_keys_alone(lectern: RunningLectern, enter: Enter) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    await teacher.join_class(class_id)
    student = await enter("student2")
    page = student.page
    press = page.keyboard.press
    await page.context.clear_cookies()
    await student.go("/signin")
    await student.part("signin-email").focus()
    await page.keyboard.type("student2@demo.school")
    await press("Tab")
    await page.keyboard.type("lectern-demo")
    await press("Enter")

    await expect(student.part("join-class").first).to_be_visible()
    await tab_to(student, "join-class")
    await press("Enter")
    await expect(student.part("door-join")).to_be_visible()
    await expect(student.part("door-way")).to_have_attribute("data-way", "good")
    await breaks_nothing(student)
    await tab_to(student, "door-join")
    await press("Enter")
    await student.is_back()
    await student.sees_moving_pictures(1)
    await breaks_nothing(student)
    user = await student.user()

    await press("m")
    await expect(student.part("bar-mic")).to_contain_text("Unmute")
    await press("v")
    await expect(teacher.tile_of(user)).to_have_attribute("data-camera", "off")
    await press("h")
    assert await teacher.sees_hands(1) == [user]

    await press("c")
    await expect(student.part("chat-input")).to_have_count(0)
    await press("c")
    await expect(student.part("chat-input")).to_be_focused()
    await page.keyboard.type("hm, cv")
    await press("Enter")
    await teacher.reads("hm, cv")
    await expect(student.part("bar-mic")).to_contain_text("Unmute")
    await press("Escape")
    await expect(student.part("chat-input")).to_have_count(0)

    await press("h")
    await teacher.sees_hands(0)
    await tab_to(student, "bar-leave")
    await press("Enter")
    await expect(page.locator("dialog[open]")).to_be_visible()
    await press("Escape")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await expect(student.part("bar-leave")).to_be_focused()
    await press("Enter")
    await expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    await press("Tab")
    await press("Enter")
    await student.is_out("left")
    await breaks_nothing(student)
