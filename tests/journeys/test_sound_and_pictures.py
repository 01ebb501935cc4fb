"""Sound that is muted is silent for everyone, pictures come and go without a new offer, a screen takes the stage."""

from playwright.async_api import expect

from tests.journeys.conftest import Enter
from tests.support.running import RunningLectern

COUNT_OFFERS = """
    window.offers = 0;
    for (const name of ["createOffer", "setRemoteDescription"]) {
        const real = RTCPeerConnection.prototype[name];
        RTCPeerConnection.prototype[name] = function (...rest) {
            window.offers += 1;
            return real.apply(this, rest);
        };
    }
"""
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_teacher_mutes_a_student(lectern: RunningLectern, enter: Enter) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1")
    other = await enter("student2")
    for person in (teacher, student, other):
        await person.join_class(class_id)
    user = await student.user()
    await other.hears_from(user)

    await teacher.does_to(user, "Mute")

    await expect(student.part("bar-mic")).to_contain_text("Unmute")
    await other.hears_from(user, False)
    await teacher.hears_from(user, False)

    await student.part("bar-mic").click()
    await other.hears_from(user)
    await expect(student.part("bar-mic")).to_contain_text("Mute")


async def test_a_camera_goes_and_comes_without_a_new_offer(
    lectern: RunningLectern, enter: Enter
) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1")
    for person in (teacher, student):
        await person.page.add_init_script(COUNT_OFFERS)
        await person.join_class(class_id)
    user = await student.user()
    await teacher.sees_moving(user)
    before = [await person.page.evaluate("window.offers") for person in (teacher, student)]

    await student.part("bar-camera").click()
    await expect(teacher.tile_of(user)).to_have_attribute("data-camera", "off")
    await teacher.sees_nothing_of(user)
    await student.part("bar-camera").click()
    await expect(teacher.tile_of(user)).to_have_attribute("data-camera", "on")
    await teacher.sees_moving(user)

    after = [await person.page.evaluate("window.offers") for person in (teacher, student)]
    assert after == before


async def test_a_screen_is_the_stage_for_all(lectern: RunningLectern, enter: Enter) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1")
    for person in (teacher, student):
        await person.join_class(class_id)
        await person.is_back()
    user = await teacher.user()

    await teacher.part("bar-share").click()

    screen = student.page.locator(f'[data-testid="screen"][data-user="{user}"]')
    await expect(screen).to_be_visible()
    await expect(screen).to_contain_text("shares a screen")
    await student.sees_moving(user, "screen")
    await student.sees_moving(user)
    await expect(teacher.part("screen")).to_contain_text("You share your screen")

    await teacher.part("bar-share").click()
    await expect(screen).to_have_count(0)
    await expect(student.tile_of(user)).to_be_visible()


async def test_a_hidden_page_is_sent_no_pictures(lectern: RunningLectern, enter: Enter) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1")
    for person in (teacher, student):
        await person.join_class(class_id)
    user = await teacher.user()
    await student.sees_moving(user)

    await student.page.evaluate(HIDE, True)
    await student.sees_nothing_of(user)
    await student.hears_from(user)

    await student.page.evaluate(HIDE, False)
    await student.sees_moving(user)
