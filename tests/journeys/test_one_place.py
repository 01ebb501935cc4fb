"""A person is in a class once: the newest window wins, who was removed stays out, who signs out is out everywhere."""

from playwright.async_api import expect

from tests.journeys.conftest import Enter, NewClass
from tests.journeys.person import Person
from tests.support.running import RunningLectern


async def another_window(person: Person, lectern: RunningLectern) -> Person:
    return Person(person.who, await person.page.context.new_page(), lectern.base_url)


async def test_the_newest_window_wins(lectern: RunningLectern, enter: Enter) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    old = await enter("student1")
    await teacher.join_class(class_id)
    await old.join_class(class_id)
    await old.sees_moving_pictures(1)

    new = await another_window(old, lectern)
    await new.join_class(class_id)

    await old.is_out("replaced")
    await expect(old.page.get_by_role("heading", level=1)).to_have_text(
        "You are in this class in another place"
    )
    await new.sees_moving_pictures(1)
    await teacher.sees_moving(await new.user())
    await new.says("I sit here now")
    await teacher.reads("I sit here now")
    await old.is_out("replaced")
    await expect(new.part("class-page")).to_be_visible()

    await old.page.get_by_role("button", name="Come back in").click()
    await old.part("door-join").click()
    await new.is_out("replaced")
    await old.sees_moving_pictures(1)


async def test_who_was_removed_stays_out(
    lectern: RunningLectern, enter: Enter, new_class: NewClass
) -> None:
    class_id = await new_class("Waves")
    teacher = await enter("teacher")
    student = await enter("student1")
    await teacher.join_class(class_id)
    await student.join_class(class_id)
    await student.is_back()
    user = await student.user()

    await teacher.does_to(user, "Remove")
    await teacher.confirms()

    await student.is_out("removed")
    await teacher.sees_that_left(user)
    await student.go(f"/classes/{class_id}")
    await student.part("door-join").click()
    await student.is_out("removed")
    await expect(student.page.get_by_text("you cannot come back for an hour")).to_be_visible()
    await teacher.sees_that_left(user)


async def test_to_sign_out_in_one_tab_ends_the_class_in_the_other(
    lectern: RunningLectern, enter: Enter
) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student2")
    await teacher.join_class(class_id)
    await student.join_class(class_id)
    await student.is_back()
    user = await student.user()
    await expect(teacher.tile_of(user)).to_be_visible()

    home = await another_window(student, lectern)
    await home.go("/")
    await home.page.locator(".me").click()
    await home.page.get_by_text("Sign out").click()

    await expect(home.part("signin-email")).to_be_visible()
    await expect(student.part("class-page")).to_have_count(0)
    await teacher.sees_that_left(user)
