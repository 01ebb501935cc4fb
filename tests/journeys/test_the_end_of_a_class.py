"""A class that ends, ends for everyone; before it opens and after it is over a student is told so in a sentence."""

from playwright.async_api import expect

from tests.journeys.conftest import Enter, NewClass


async def test_a_class_ends_for_everyone(enter: Enter, new_class: NewClass) -> None:
    class_id = await new_class("Light")
    teacher = await enter("teacher")
    student = await enter("student1")
    for person in (teacher, student):
        await person.join_class(class_id)
        await person.is_back()

    await teacher.part("bar-leave").click()
    await teacher.page.locator("dialog[open] .acts button").last.click()

    for person in (teacher, student):
        await person.is_out("closed")
        await expect(person.page.get_by_role("heading", level=1)).to_have_text("The class is over")
    await student.page.reload()
    await expect(student.page.get_by_text("This class is over.")).to_be_visible()
    await expect(student.part("door-join")).to_have_count(0)


async def test_a_class_that_is_not_open_says_when_it_opens_and_goes_on_by_itself(
    enter: Enter, new_class: NewClass
) -> None:
    class_id = await new_class("Sound", opened=False)
    teacher = await enter("teacher")
    student = await enter("student1")

    await student.go(f"/classes/{class_id}")
    await expect(student.part("door-waiting")).to_contain_text("The class opens with its teacher")
    await expect(student.part("door-join")).to_have_count(0)

    await teacher.go(f"/classes/{class_id}")
    await teacher.part("door-join").click()
    await teacher.is_back()
    await student.part("door-join").click()
    await student.is_back()
