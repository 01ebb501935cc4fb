"""An exam of every kind of question, made by the teacher of the demo school for the journeys."""

import asyncio
import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.support.running import RunningLectern, demo_course

READY_SECONDS = 60.0
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """An assessment that can be taken, and the questions in it by their kind."""

    assessment_id: str
    course_id: str
    questions: dict[str, str]

    @property
    def path(self) -> str:
        return f"/exams/{self.assessment_id}"


def _options(*texts: str) -> list[dict[str, str]]:
    return [{"id": f"o{at}", "text": text} for at, text in enumerate(texts)]


KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "single_choice": (
        {
            "prompt": "A kayak costs a fixed fee plus a price for each hour. The table shows the cost $C$ in euros "
            "for $h$ hours.\n\n| $h$ | 1 | 2 | 4 | 7 |\n|---|--:|--:|--:|--:|\n| $C$ | 14 | 19 | 29 | 44 |\n\n"
            "**Which equation gives the cost?**",
            "options": _options("$C = 9h + 5$", "$C = 5h + 9$", "$C = 5h + 14$", "$C = 14h$"),
            "shuffle": False,
        },
        {"correct": ["o1"], "explanation": "Each hour adds **5**, and $14 - 5 = 9$ is the fee."},
    ),
    "multiple_choice": (
        {
            "prompt": "Which of these are waves that need *no* matter to travel in?",
            "options": _options("Light", "Sound in air", "Radio", "Waves on a rope"),
        },
        {"correct": ["o0", "o2"]},
    ),
    "true_false": (
        {"prompt": "For a wave, $v = f \\lambda$ holds in every medium."},
        {"truth": True},
    ),
    "short_text": (
        {"prompt": "What is the unit of frequency called?"},
        {"accepted": ["hertz", "Hz"]},
    ),
    "numeric": (
        {
            "prompt": "A string swings at $f = 50\\,\\mathrm{Hz}$, the wave is $\\lambda = 0.4\\,\\mathrm{m}$ long. "
            "How fast does it travel?\n\n$$v = f \\cdot \\lambda = \\frac{\\Delta s}{\\Delta t}$$",
            "units": ["m/s", "km/h"],
        },
        {"number": "20", "tolerance": "0.5", "units": {"m/s": "1", "km/h": "0.2777777778"}},
    ),
    "matching": (
        {
            "prompt": "Match each quantity with its letter.",
            "left": [
                {"id": "l0", "text": "frequency"},
                {"id": "l1", "text": "wavelength"},
                {"id": "l2", "text": "period"},
            ],
            "options": _options("letter f", "letter lambda", "letter T"),
            "shuffle": False,
        },
        {"pairs": {"l0": "o0", "l1": "o1", "l2": "o2"}},
    ),
    "ordering": (
        {
            "prompt": "Put these in the order of their wavelength, the *shortest* first.",
            "options": _options("X-rays", "visible light", "microwaves", "radio waves"),
        },
        {"order": ["o0", "o1", "o2", "o3"]},
    ),
    "cloze": (
        {
            "prompt": "When a wave meets a wall it is {{how}}, and its frequency {{what}}.",
            "gaps": [
                {"id": "how"},
                {"id": "what", "options": _options("stays", "doubles", "halves")},
            ],
        },
        {"gaps": {"how": ["reflected", "thrown back"], "what": ["o0"]}},
    ),
    "essay": (
        {
            "prompt": "Explain in your own words why you hear an echo in the mountains, not in a wood."
        },
        {
            "rubric": [
                {
                    "id": "idea",
                    "title": "Idea",
                    "levels": [
                        {"title": "missing", "earned_milli": 0},
                        {"title": "there", "earned_milli": 1000},
                    ],
                }
            ]
        },
    ),
    "file_upload": (
        {"prompt": "Hand in your drawing of a standing wave.", "max_files": 2},
        {
            "rubric": [
                {
                    "id": "drawing",
                    "title": "Drawing",
                    "levels": [
                        {"title": "missing", "earned_milli": 0},
                        {"title": "there", "earned_milli": 1000},
                    ],
                }
            ]
        },
    ),
}


async def _posted(
    session: aiohttp.ClientSession, path: str, body: object, wish: str
) -> dict[str, Any]:
    key = hashlib.sha256(wish.encode()).hexdigest()
    async with session.post(path, json=body, headers={"Idempotency-Key": key}) as reply:
        made: dict[str, Any] = await reply.json()
        assert reply.status in (200, 201, 202), made
    return made


async def picture(lectern: RunningLectern) -> str:
    """A picture that the teacher sent, as Markdown."""
    async with lectern.signed_in("teacher") as session:
        about = {"name": "dot.png", "size": len(DOT), "type": "image/png"}
        ticket = await _posted(session, "/api/v1/uploads", about, "a dot")
        for part in ticket["parts"]:
            async with session.request(
                part["method"], part["url"], data=DOT, headers=part["headers"]
            ) as reply:
                assert reply.status < 300, await reply.text()
        await _posted(session, f"/api/v1/uploads/{ticket['id']}/complete", {}, "the dot is there")
    return f"![a dot](upload:{ticket['id']})"


async def make_exam(
    lectern: RunningLectern,
    title: str,
    kinds: tuple[str, ...] = tuple(KINDS),
    *,
    below: str = "",
    **settings: Any,
) -> Exam:
    """Write the questions (`below`: more of their prompts) and the assessment, publish it, and wait until it can be started."""
    async with lectern.signed_in("teacher") as session:
        async with session.get("/api/v1/courses") as reply:
            course = demo_course((await reply.json())["items"])
        questions = {}
        for kind in kinds:
            content, key = KINDS[kind]
            content = {**content, "prompt": f"{content['prompt']}\n\n{below}"}
            body = {"kind": kind, "title": f"{title}: {kind}", "content": content, "key": key}
            made = await _posted(
                session, f"/api/v1/courses/{course}/questions", body, f"{title} {kind}"
            )
            questions[kind] = str(made["id"])
        plan: dict[str, Any] = {
            "time_limit_minutes": 50,
            "text": "Twenty minutes are enough. **Pencil and paper** are allowed.",
            "sections": [{"id": "s1", "question_ids": list(questions.values())}],
            **settings,
        }
        draft: dict[str, Any] = {"title": title, "settings": plan}
        for name in ("opens_at", "closes_at"):
            if name in plan:
                draft[name] = plan.pop(name)
        path = f"/api/v1/courses/{course}/assessments"
        made = await _posted(session, path, draft, f"{title} exam")
        exam = f"/api/v1/assessments/{made['id']}"
        await _posted(session, f"{exam}/publish", {}, f"{title} publish")
        async with asyncio.timeout(READY_SECONDS):
            while not await _is_materialised(session, exam):
                await asyncio.sleep(0.1)
    return Exam(assessment_id=str(made["id"]), course_id=course, questions=questions)


async def _is_materialised(session: aiohttp.ClientSession, path: str) -> bool:
    async with session.get(path) as reply:
        return bool((await reply.json())["materialised"])
