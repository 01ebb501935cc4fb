"""Thirty people: the page stays in use, everybody sees the same order of hands, everybody has a tile."""

import asyncio
import contextlib
from typing import Any

import aiohttp
from playwright.async_api import expect

from loadtests.clients.learner import Learner
from tests.journeys.conftest import PHONE, Enter, NewClass
from tests.journeys.test_pages_access import goes_sideways, violations
from tests.support.running import PASSWORD, RunningLectern

LEARNERS = range(3, 30)
HANDS = 12


def hear_nothing(_name: str, _body: Any) -> None:
    """These learners only sit there."""


async def test_thirty_people(lectern: RunningLectern, enter: Enter, new_class: NewClass) -> None:
    class_id = await new_class("A class of thirty")
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        learners = []
        for number in LEARNERS:
            learner = Learner(lectern.base_url, http, hear_nothing)
            await learner.sign_in(f"student{number}@demo.school", PASSWORD)
            learners.append(await stack.enter_async_context(learner))
        await asyncio.gather(*(learner.join(class_id) for learner in learners))
        teacher = await enter("teacher")
        wide = await enter("student1")
        narrow = await enter("student2", viewport=PHONE, has_touch=True, is_mobile=True)
        browsers = [teacher, wide, narrow]
        for person in browsers:
            await person.join_class(class_id)
        for person in browsers:
            await person.sees_moving_pictures(1)
        await expect(teacher.part("tile")).to_have_count(30)

        for turn, learner in enumerate(learners[:HANDS]):
            assert (await learner.ask("hand.raise", {"id": f"hand-{turn}"}))["ok"]
        await wide.part("bar-hand").click()
        queue = [*(learner.snapshot["you"] for learner in learners[:HANDS]), await wide.user()]
        for person in (teacher, wide):
            assert await person.sees_hands(HANDS + 1) == queue
        await asyncio.gather(
            *(
                learner.ask("chat.send", {"id": "said", "text": f"Here {learner.snapshot['you']}"})
                for learner in learners
            )
        )
        said = []
        for person in browsers:
            if not await person.part("chat-line").count():
                await person.part("panel-chat").click()
            await expect(person.part("chat-line")).to_have_count(len(learners))
            said.append(await person.said())
        assert said[0] == said[1] == said[2]

        for person in browsers:
            assert await violations(person.page) == []
            assert not await goes_sideways(person.page)
        await teacher.part("panel-people").click()
        await expect(teacher.part("person-row")).to_have_count(30)
