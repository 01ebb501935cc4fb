"""The demo school: people, a course with lessons and questions, a class and an exam that are open now; never seeded twice."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import asyncpg

from lms.assessments import service as assessments
from lms.assessments import store as assessment_store
from lms.assessments.model import Draw, Section, Settings
from lms.classes import store as classes
from lms.classes.model import Plan
from lms.courses import store as courses
from lms.enrolment import store as enrolments
from lms.enrolment.model import Enrolment
from lms.identity import CourseRole, Principal, Role
from lms.ids import RANDOM_BYTES, CourseId, EnrolmentId, SessionId, TenantId, UserId, uuid7
from lms.lessons import store as lessons
from lms.people import store as people
from lms.people.model import Account, Person
from lms.questions import service as questions
from lms.questions import table
from lms.tenants import store as tenants
from lms.tenants.model import Tenant
from server.auth.passwords import THREADS, Passwords
from signaling.context import Database

SLUG = "demo"
SCHOOL = "Demo School"
DOMAIN = "demo.school"
PASSWORD = "lectern-demo"  # noqa: S105 - the demo school's, printed at every start
COURSE = "Waves and sound"
STAFF: tuple[tuple[str, str, Role], ...] = (
    ("admin", "Ingrid Halvorsen", "admin"),
    ("teacher", "Amara Okafor", "teacher"),
    ("proctor", "Tomasz Zieliński", "proctor"),
    ("reviewer", "Mei-Ling Chen", "reviewer"),
)
STUDENTS = (
    "Lena Fischer",
    "ليلى الأحمدي",
    "Maximiliane-Theodora von Hohenstein-Waldburg",
    "Bo Li",
    "Kwame Mensah",
    "Priya Raghunathan",
    "عبد الرحمن بن خالد السعدي",
    "Sofía Hernández Maldonado",
    "Jun Watanabe",
    "Oluwaseun Adeyemi-Babatunde",
    "Chloé Dubois",
    "Aarav Patel",
    "יעל כהן",
    "Mateus Oliveira dos Santos",
    "Nguyễn Thị Minh Khai",
    "Freya Lindqvist",
    "Дмитрий Соколов",
    "Zeynep Yılmaz",  # noqa: RUF001 - that is how it is spelt
    "Ngozi Eze",
    "Tomás Ó Súilleabháin",
    "田中 さくら",
    "Noor van der Berg",
    "محمد حسن",
    "Isabella Rossi",
    "Krzysztof Wiśniewski",
    "Ama Owusu",
    "Elif Demir",
    "Lucas Martin",
    "Γεωργία Παπαδοπούλου",
    "Sam Taylor",
)
LESSONS = (
    (
        "What a wave is",
        """A wave carries energy from one place to another, but not the matter it passes through.

Drop a stone into a pond. The rings run outward, yet a leaf on the water only bobs up and down: the water stays, the wave moves on.

Three numbers describe a wave:

- its wavelength, the distance from crest to crest, in metres;
- its frequency, how many crests pass in a second, in hertz;
- its amplitude, how high a crest stands above the still water.

Wavelength times frequency is the speed of the wave.""",
    ),
    (
        "How sound travels",
        """Sound is a wave of pressure. A drumhead pushes the air before it together, and that push is handed on.

In air at 20 °C sound covers 343 metres in a second, in water about 1,480, in steel about 5,960. Where there is nothing to hand the push on, in empty space, there is no sound.

Try it: see the flash, count the seconds until the thunder, and divide by three. That is how many kilometres away the lightning was.""",
    ),
    (
        "Pitch and loudness",
        """Frequency is what we hear as pitch: 440 hertz is the A to which an orchestra tunes, and 880 hertz is the A above it.

Amplitude is what we hear as loudness. It is measured in decibels, and decibels do not add up as metres do: ten violins are not ten times as loud as one, but about twice.

Before the class: sing one note into your phone's tuner, and write down its frequency.""",
    ),
)
CLASS_TITLE = "Waves: questions and answers"
NEXT_TITLE = "Sound in rooms"
OPEN_HOURS = timedelta(hours=12)
NEXT_IN = timedelta(days=1)
NEXT_LASTS = timedelta(hours=1)
BANK = Path(__file__).with_name("demo_bank.csv")
EXAM_TITLE = "Waves and sound: what do you know?"
EXAM = """Twelve questions on what we did so far. You have 40 minutes from the moment you begin.

Everything you write is saved as you go; should your link break, go on where you were."""
OWN_WORDS = "Why space is silent"
NOTE = "A note of your own"
# The school of the demo is the same one everywhere, and so are its class and course, so that an address of it keeps.
SPACE = UUID("018f3a5e-0000-7000-8000-00000000de30")
EPOCH_PREFIX = "018f3a5e-0000-7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What was seeded, for the start's last lines and for tests."""

    tenant_id: str
    course_id: str
    open_class_id: str


def demo_id(name: str) -> str:
    """A UUIDv7 that is always the same for this name."""
    chance = uuid5(SPACE, name).hex
    return (
        f"{EPOCH_PREFIX}{chance[:3]}-{'89ab'[int(chance[3], 16) % 4]}{chance[4:7]}-{chance[7:19]}"
    )


async def seed(database: Database, passwords: Passwords, now: datetime) -> Demo:
    """Make the demo school if it is not there; in any case see to it that a class is open now."""
    tenant_id = demo_id("tenant")
    async with database.transaction(tenant_id) as connection:
        known = await tenants.by_slug(connection, SLUG)
    if known is None:
        hashes = await _hashes(passwords, len(STAFF) + len(STUDENTS))
        async with database.transaction(tenant_id) as connection:
            await _found(connection, tenant_id, hashes, now)
    async with database.transaction(tenant_id) as connection:
        # Nodes that start at once take turns at the course's lock, so that they do not add a class twice.
        await courses.get(connection, tenant_id, demo_id("teacher"), demo_id("course"), lock=True)
        open_class_id = await _open_class(connection, tenant_id, now)
        await _next_class(connection, tenant_id, now)
        await _exam(connection, tenant_id, now)
    return Demo(tenant_id=tenant_id, course_id=demo_id("course"), open_class_id=open_class_id)


async def _hashes(passwords: Passwords, number: int) -> list[str]:
    """As many hashes of the one password, each with a salt of its own, as many at once as there are threads."""
    hashes: list[str] = []
    while len(hashes) < number:
        some = min(THREADS, number - len(hashes))
        hashes += await asyncio.gather(*(passwords.hash(PASSWORD) for _ in range(some)))
    return hashes


async def _found(
    connection: asyncpg.Connection, tenant_id: str, hashes: list[str], now: datetime
) -> None:
    school = Tenant(tenant_id=TenantId(tenant_id), slug=SLUG, name=SCHOOL, active=True)
    if not await tenants.add(connection, school, None, now):
        return
    accounts = [
        Account(person=person, password_hash=hashed)
        for person, hashed in zip(_people(now), hashes, strict=True)
    ]
    await people.add_all(connection, tenant_id, accounts)
    course_id = demo_id("course")
    await courses.add(connection, tenant_id, course_id, COURSE, now)
    members = [one.person for one in accounts if {"teacher", "student"} & set(one.person.roles)]
    await enrolments.add_all(
        connection, tenant_id, [_enrolment(course_id, person) for person in members], now
    )
    for title, text in LESSONS:
        await lessons.add(connection, tenant_id, (demo_id(title), course_id, title, text), now)


def _people(now: datetime) -> list[Person]:
    named: list[tuple[str, str, Role]] = [
        *STAFF,
        *((f"student{number}", name, "student") for number, name in enumerate(STUDENTS, start=1)),
    ]
    return [
        Person(
            user_id=UserId(demo_id(account)),
            email=f"{account}@{DOMAIN}",
            name=name,
            roles=(role,),
            active=True,
            created_at=now,
        )
        for account, name, role in named
    ]


def _enrolment(course_id: str, person: Person) -> Enrolment:
    role: CourseRole = "teacher" if "teacher" in person.roles else "student"
    return Enrolment(
        enrolment_id=EnrolmentId(demo_id(f"enrolment {person.email}")),
        course_id=CourseId(course_id),
        user_id=person.user_id,
        name=person.name,
        role=role,
    )


async def _open_class(connection: asyncpg.Connection, tenant_id: str, now: datetime) -> str:
    """The class that is open: the same one as long as nobody closed it, then one after the other."""
    number = 1
    teacher = demo_id("teacher")
    while True:
        class_id = demo_id(f"class {number}")
        known = await classes.get(connection, tenant_id, teacher, class_id, lock=True)
        if known is None:
            plan = Plan(title=CLASS_TITLE, starts_at=now, ends_at=now + OPEN_HOURS)
            await classes.add(connection, tenant_id, class_id, demo_id("course"), plan, now)
            known = await classes.get(connection, tenant_id, teacher, class_id)
        if known is not None and known.state != "closed":
            break
        number += 1
    await classes.keep_open(connection, tenant_id, class_id, (now, now + OPEN_HOURS))
    return class_id


async def _next_class(connection: asyncpg.Connection, tenant_id: str, now: datetime) -> None:
    """A class that is still to come: a new one once the day of the last has come."""
    starts_at = (now + NEXT_IN).replace(minute=0, second=0, microsecond=0)
    class_id = demo_id(f"next class {starts_at.date()}")
    if await classes.get(connection, tenant_id, demo_id("teacher"), class_id) is None:
        plan = Plan(title=NEXT_TITLE, starts_at=starts_at, ends_at=starts_at + NEXT_LASTS)
        await classes.add(connection, tenant_id, class_id, demo_id("course"), plan, now)


async def _exam(connection: asyncpg.Connection, tenant_id: str, now: datetime) -> None:
    """The question bank, and an exam out of it that is open; whatever became of them later is left as it is."""
    assessment_id, course_id = demo_id("assessment"), demo_id("course")
    if await assessment_store.get(connection, tenant_id, assessment_id) is not None:
        return
    teacher = Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(demo_id("teacher")),
        session_id=SessionId(demo_id("seed")),
        roles=frozenset({"teacher"}),
    )
    bank = [line.new for line in table.read(BANK.read_bytes()) if line.new is not None]
    ids = iter([demo_id(f"question {one.labels.title}") for one in bank])
    desk = questions.Desk(who=teacher, course_id=course_id, now=now, new_id=lambda: next(ids))
    await questions.add_all(connection, desk, bank)
    new = assessments.New(
        assessment_id=assessment_id,
        title=EXAM_TITLE,
        settings=_exam_settings(),
        opens_at=now.replace(minute=0, second=0, microsecond=0),
        closes_at=None,
    )
    await assessments.create(connection, teacher, course_id, new, now)
    await assessments.publish(connection, teacher, assessment_id, _ids_of(now), now)


def _ids_of(now: datetime) -> Callable[[], str]:
    """New ids of this moment: what is kept by the week has no place for those of the demo's epoch."""
    return lambda: uuid7(round(now.timestamp() * 1000), secrets.token_bytes(RANDOM_BYTES))


def _exam_settings() -> Settings:
    def draw(count: int, skill: str, *tags: str) -> Draw:
        return Draw(count=count, skills=[skill], tags=list(tags), language="en")

    return Settings(
        text=EXAM,
        sections=[
            Section(id="waves", title="Waves", draws=[draw(4, "wave basics")], shuffle=True),
            Section(
                id="sound",
                title="Sound",
                draws=[draw(2, "sound"), draw(2, "pitch and loudness")],
                shuffle=True,
            ),
            Section(
                id="numbers",
                title="Work it out",
                text="Give the unit with the number.",
                draws=[draw(2, "wave speed", "calculate")],
                points_milli=2000,
            ),
            Section(
                id="own",
                title="In your own words",
                question_ids=[demo_id(f"question {one}") for one in (OWN_WORDS, NOTE)],
                points_milli=4000,
            ),
        ],
        time_limit_minutes=40,
        attempts_allowed=3,
    )
