"""Scripted learners in a process of their own: they sit an exam over HTTP whatever happens to the server, and keep a journal.

    python -m loadtests.clients.examinee plan.json journal.jsonl <grace in seconds>

A line of the journal is written when an answer came back, never before: what it holds is what the server promised.
"""

import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import aiohttp
import msgspec

RETRY_SECONDS = 0.3
RETRY_MAX_SECONDS = 2.0
REQUEST_SECONDS = 15.0
# Nobody waits longer than this for a server that does not come back.
GIVE_UP_SECONDS = 600.0
WRONG, RIGHT = "b", "a"
AGAIN_STATUSES = (429, 500, 502, 503, 504)
OUR_FAULT = 500


class Learner(msgspec.Struct, frozen=True, kw_only=True):
    """One learner's script: `hands_in` or leaves it to the deadline; `answers_late` sends a right answer after the end."""

    email: str
    seed: int
    begins_s: float
    answers: int
    pause_s: float
    hands_in: bool
    answers_late: bool


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one process does."""

    base_url: str
    school: str
    password: str
    assessment_id: str
    learners: list[Learner]


@dataclass
class Journal:
    """Every promise of the server, a line each, on the disk before the learner goes on."""

    file: TextIO

    def write(self, kind: str, **more: Any) -> None:
        line = {"kind": kind, "at_ms": wall_ms(), **more}
        self.file.write(msgspec.json.encode(line).decode() + "\n")
        self.file.flush()


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class GivenUp(Exception):
    """The server did not come back."""


@dataclass
class Browser:
    """One learner's way to the server: signs in, and asks until there is an answer that is one."""

    plan: Plan
    learner: Learner
    http: aiohttp.ClientSession
    chance: random.Random
    journal: Journal
    token: str = ""

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body; faults of the way and of the server are tried again with the same words."""
        until, pause = time.monotonic() + GIVE_UP_SECONDS, RETRY_SECONDS
        key = f"{self.chance.getrandbits(128):x}"  # the same for every try
        while time.monotonic() < until:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                if not self.token:
                    await self._sign_in()
                status, answer = await self.once(method, path, body, key)
                if status == OUR_FAULT:
                    self.journal.write("broken", what=path, trace=answer["trace_id"])
                if status == 401:
                    self.token = ""
                elif status not in AGAIN_STATUSES:
                    return status, answer
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
            pause = min(pause * 1.5, RETRY_MAX_SECONDS)
        raise GivenUp(f"{method} {path}")

    async def once(
        self, method: str, path: str, body: Any, key: str | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        async with self.http.request(
            method, f"{self.plan.base_url}/api/v1{path}", json=body, headers=headers
        ) as response:
            raw = await response.read()
            return response.status, msgspec.json.decode(raw) if raw else None

    async def _sign_in(self) -> None:
        body = {
            "email": self.learner.email,
            "password": self.plan.password,
            "school": self.plan.school,
        }
        status, answer = await self.once("POST", "/sessions", body)
        if status == 200:
            self.token = answer["access_token"]
        elif status == OUR_FAULT:
            self.journal.write("broken", what="sign in", trace=answer["trace_id"])


@dataclass
class Sitting:
    """One learner at one attempt."""

    browser: Browser
    journal: Journal
    attempt: str = ""
    opening: int = 0
    seq: int = 0
    ends_at: str = ""
    items: Sequence[str] = field(default_factory=list)

    async def open(self) -> bool:
        """Start, or open again as another device would."""
        path = f"/assessments/{self.browser.plan.assessment_id}/attempts"
        status, opened = await self.browser.ask("POST", path, {})
        if status != 201:
            email = self.browser.learner.email
            self.journal.write("refused", what="start", email=email, code=opened["code"])
            return False
        self.attempt, self.opening, self.seq = opened["id"], opened["opening"], 0
        self.items = [item["id"] for item in opened["items"]]
        self.ends_at = opened["ends_at"]
        self.journal.write(
            "opened", attempt=self.attempt, opening=self.opening, ends_at=opened["ends_at"]
        )
        return True

    async def answer(self, item: str, value: str) -> bool:
        """One answer until it is acknowledged; False when the server will not have it."""
        self.seq += 1
        sent_ms = wall_ms()
        path = f"/attempts/{self.attempt}/answers/{item}"
        body = {"opening": self.opening, "seq": self.seq, "value": value}
        asked = self.browser.ask("PUT", path, body)
        if self.browser.chance.random() < 0.05:  # a page that sends twice
            (status, ack), _ = await asyncio.gather(asked, self.browser.ask("PUT", path, body))
        else:
            status, ack = await asked
        said = {"attempt": self.attempt, "item": item, "opening": self.opening, "seq": self.seq}
        if status == 200:
            self.journal.write("acked", **said, value=value, late=ack["late"], sent_ms=sent_ms)
            return True
        self.seq -= 1
        self.journal.write("refused", what="answer", **said, code=ack["code"])
        return False

    async def hand_in(self) -> bool:
        """Submit, and once more: the receipt is the same."""
        path = f"/attempts/{self.attempt}/submit"
        body = {"opening": self.opening, "last_seq": self.seq}
        for _ in range(2):
            status, got = await self.browser.ask("POST", path, body)
            if status != 200:
                self.journal.write(
                    "refused", what="submit", attempt=self.attempt, code=got["code"]
                )
                return False
            self.journal.write("receipt", **_receipt(got))
        return True

    async def see_the_deadline(self) -> None:
        """Wait until the server has handed it in, and keep that receipt."""
        until = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < until:
            status, view = await self.browser.ask("GET", f"/attempts/{self.attempt}")
            if status == 200 and view["receipt"] is not None:
                self.journal.write("receipt", **_receipt(view["receipt"]))
                return
            await asyncio.sleep(1.0)
        raise GivenUp("the deadline handed nothing in")


def _receipt(got: Any) -> dict[str, Any]:
    wanted = ("attempt_id", "receipt", "submitted_at", "submitted_by", "answered", "digest")
    return {name.removesuffix("_id"): got[name] for name in wanted}


async def sit(
    plan: Plan, learner: Learner, http: aiohttp.ClientSession, journal: Journal, grace_s: float
) -> None:
    """The script from the start to the receipt."""
    await asyncio.sleep(learner.begins_s)
    chance = random.Random(learner.seed)
    browser = Browser(plan, learner, http, chance, journal)
    sitting = Sitting(browser, journal)
    if not await sitting.open():
        return
    for number in range(learner.answers):
        value = RIGHT if chance.random() < 0.5 else WRONG
        if not await sitting.answer(chance.choice(sitting.items), value):
            break
        if number and chance.random() < 0.04 and not await sitting.open():
            break
        await asyncio.sleep(chance.expovariate(1 / learner.pause_s))
    if learner.answers_late:
        # The one item is wrong in time and right too late.
        await sitting.answer(sitting.items[0], WRONG)
    if learner.hands_in and await sitting.hand_in():
        return
    if learner.answers_late:
        await _until(sitting.ends_at, grace_s + chance.uniform(0.2, 6))
        await sitting.answer(sitting.items[0], RIGHT)
    await sitting.see_the_deadline()


async def _until(ends_at: str, more_s: float) -> None:
    ends = datetime.fromisoformat(ends_at)
    await asyncio.sleep(max(0.0, ends.timestamp() - time.time() + more_s))


async def _sit_all(plan: Plan, journal: Journal, grace_s: float) -> None:
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    connector = aiohttp.TCPConnector(limit=300)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:

        async def one(learner: Learner) -> None:
            try:
                await sit(plan, learner, http, journal, grace_s)
            except GivenUp as error:
                journal.write("given_up", what=str(error), email=learner.email)

        async with asyncio.TaskGroup() as group:
            for learner in plan.learners:
                group.create_task(one(learner))


def main(arguments: list[str]) -> int:
    """Read the plan, sit, leave the journal."""
    plan = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Plan)
    with Path(arguments[1]).open("a", encoding="utf-8") as file:
        asyncio.run(_sit_all(plan, Journal(file), float(arguments[2])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
