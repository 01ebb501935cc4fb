"""Every route and every socket event, as every role, and with the ids of another school: a route without a case fails.

What a role may is taken from the one table (lms.identity.MAY, signaling.permissions.MAY); what the wire answers must agree.
"""

import itertools
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest

from lms.identity import MAY, Standing
from lms.ids import uuid7
from lms.tenants import store as tenants
from server import demo
from server.clock import SystemClock
from server.rest.call import Route
from server.rest.routes import ROUTES
from server.schools import NewSchool, open_school
from server.storage.postgres import Database
from signaling import permissions
from signaling.protocol import ClassRole, ClientMessage
from tests.support.items import wire
from tests.support.matrix import SAID, World, another_key, asked_of_factory, made, plan, sent_file
from tests.support.school import Api, Got, School, moment, running_school

PARAMETER = re.compile(r"{(\w+)}")
CSV = b"email,name,roles\n"
SDP = b"v=0\r\n"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a request of the route needs beside its path; a body may be a function of the ids."""

    body: Any = None
    data: bytes | None = None
    content_type: str = "application/json"
    # Where a parameter of the path is not what the others call by this name.
    names: Mapping[str, str] = field(default_factory=dict)
    # What an allowed caller may be told beside success: the state of the thing, never its absence or a lack of rights.
    also: tuple[int, ...] = ()


_emails = itertools.count()


def person() -> dict[str, Any]:
    return {"email": f"matrix{next(_emails)}@x.test", "name": "M", "roles": ["student"]}


def cases() -> dict[str, Case]:
    """One a route, by the name of its handler."""
    offer = Case(data=SDP, content_type="application/sdp")
    return {
        "sign_in": Case(body={"email": "nobody@x.test", "password": "x"}),
        "refresh": Case(body={"refresh_token": "x"}),
        "sign_out": Case(),
        "me": Case(),
        "list_users": Case(),
        "create_user": Case(body=person()),
        "import_users": Case(data=CSV, content_type="text/csv"),
        "get_user": Case(),
        "change_user": Case(body={"name": "N"}),
        "reset_password": Case(),
        "list_courses": Case(),
        "create_course": Case(body={"title": "T"}),
        "get_course": Case(),
        "change_course": Case(body={"title": "T"}),
        "list_enrolments": Case(),
        "create_enrolment": Case(body={"email": "student7@demo.school", "role": "student"}),
        "delete_enrolment": Case(),
        "list_lessons": Case(),
        "create_lesson": Case(body={"title": "T", "text": ""}),
        "get_lesson": Case(),
        "change_lesson": Case(body={"title": "T"}),
        "delete_lesson": Case(),
        "my_classes": Case(),
        "course_classes": Case(),
        "create_class": Case(body=plan()),
        "get_class": Case(),
        "change_class": Case(body={"title": "T"}),
        "open_class": Case(),
        "close_class": Case(),
        "join_class": Case(),
        "create_upload": Case(body={"name": "a.txt", "size": 1, "type": "text/plain"}),
        "list_upload_parts": Case(),
        "complete_upload": Case(),
        "get_upload": Case(),
        "list_questions": Case(),
        "create_question": Case(body=wire("single_choice")),
        "import_questions": Case(data=b"kind,title,prompt,answer\n", content_type="text/csv"),
        "export_questions": Case(),
        "bank_words": Case(),
        "get_question": Case(),
        "change_question": Case(body={"title": "T"}),
        "retire_question": Case(),
        "list_assessments": Case(),
        "create_assessment": Case(body={"title": "T"}),
        "get_assessment": Case(),
        "my_assessment": Case(),
        "change_assessment": Case(body={"title": "T"}),
        "publish_assessment": Case(),
        "archive_assessment": Case(),
        "list_accommodations": Case(),
        "set_accommodation": Case(body={"extra_attempts": 1}),
        "extend_all": Case(body={"minutes": 5}),
        "show_board": Case(),
        "start_attempt": Case(body={}),
        "get_attempt": Case(),
        # What was saved and handed in already, so that its learner is told the same again.
        "save_answer": Case(body=SAID),
        "submit_attempt": Case(body={"opening": 1, "last_seq": 1}),
        "beat": Case(body={"opening": 1}),
        "get_result": Case(),
        "list_attempts": Case(),
        "get_script": Case(),
        "give_mark": Case(body={"round": 1, "earned_milli": 100}),
        "decide_late": Case(body={"count": True}),
        "release_scores": Case(),
        "preview_regrade": Case(body=another_key),
        "create_regrade": Case(body=another_key),
        "get_regrade": Case(),
        "item_statistics": Case(),
        "get_gradebook": Case(),
        "export_gradebook": Case(),
        "change_gradebook": Case(body={"letters": [{"letter": "A", "from_percent": 90}]}),
        "next_lesson": Case(),
        "get_practice": Case(),
        "answer_practice": Case(
            body={"seq": 1, "value": True}, names={"item_id": "practised_item_id"}
        ),
        "finish_practice": Case(),
        "report_item": Case(body={"reason": "unclear"}, names={"item_id": "practised_item_id"}),
        "start_placement": Case(),
        "answer_placement": Case(body={"value": True}, names={"item_id": "placed_item_id"}),
        "my_skills": Case(),
        "skill_map": Case(),
        "list_assignments": Case(),
        "assign_practice": Case(body={"skill": "waves"}),
        "take_back_assignment": Case(),
        "list_quizzes": Case(),
        "pose_quiz": Case(body=lambda ids: {"question_id": ids["question_id"]}),
        "get_quiz": Case(),
        "answer_quiz": Case(body={"seq": 1, "value": "x"}),
        "reveal_quiz": Case(),
        "list_generations": Case(),
        "ask_generation": Case(body=asked_of_factory),
        "get_generation": Case(),
        "cancel_generation": Case(),
        "recall_generation": Case(body={"reason": "The keys are wrong."}),
        "get_recall": Case(),
        "list_recall_uses": Case(),
        "list_reviews": Case(),
        "get_review": Case(),
        "decide_review": Case(body={"version": 1, "decision": "accept"}),
        "get_card": Case(),
        "list_stock": Case(),
        "set_stock": Case(body={"skill": "waves", "level": 1, "low": 5, "kinds": ["true_false"]}),
        "list_quality": Case(),
        "list_similar": Case(),
        "release_item": Case(),
        "get_dashboard": Case(),
        "get_budget": Case(),
        "change_budget": Case(body={"tokens_limit": 1000}),
        "get_settings": Case(),
        "change_settings": Case(
            body={"reviewers": 1, "band_low_milli": 700, "band_high_milli": 850}
        ),
        "get_standing": Case(),
        "whip": offer,
        "whip_end": Case(),
        "whep": offer,
        "whep_end": Case(),
    }


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Two schools, and people of every standing in the first."""

    school: School
    callers: Mapping[str, tuple[Api, frozenset[Standing]]]
    other_admin: Api
    other: World
    still: World  # for tries that change nothing
    known: dict[str, str] = field(default_factory=dict)

    async def world(self, route: Route) -> World:
        """For one try of this route; nobody may have as many files on their way as there are tries."""
        people = (self.callers["admin"][0], self.callers["course student"][0])
        return await made(self.school, people, self.known, with_file="upload_id" in route.path)


async def people_of(admin: Api) -> dict[str, str]:
    got = await admin.call("GET", "/users?limit=200")
    return {one["email"].split("@")[0]: one["id"] for one in got.body["items"]}


@pytest.fixture(scope="module")
async def matrix(database: Database, valkey_url: str) -> AsyncIterator[Matrix]:
    async with running_school(database, valkey_url, limit_scale=1000) as school:
        admin = await school.sign_in("admin")
        ids = await people_of(admin)
        standings: dict[str, tuple[str, frozenset[Standing]]] = {
            "admin": ("admin", frozenset({"admin"})),
            "course teacher": ("teacher", frozenset({"teacher", "course_teacher"})),
            "course student": ("student1", frozenset({"student", "course_student"})),
            "proctor": ("proctor", frozenset({"proctor"})),
            "reviewer": ("reviewer", frozenset({"reviewer"})),
            "other student": ("student2", frozenset({"student"})),
        }
        callers = {
            name: (await school.sign_in(account), standing)
            for name, (account, standing) in standings.items()
        }
        for account in ("teacher2", "teacher3"):
            body = {
                "email": f"{account}@demo.school",
                "name": "T",
                "roles": ["teacher"],
                "password": demo.PASSWORD,
            }
            await admin.call("POST", "/users", body, key=school.key())
        callers["other teacher"] = (await school.sign_in("teacher2"), frozenset({"teacher"}))
        other_admin, other = await second_school(school, database)
        known = {
            "teacher": ids["teacher"],
            "student": ids["student1"],
            "extra": ids["student6"],
            "tenant": school.seeded.tenant_id,
        }
        yield Matrix(
            school=school,
            callers=callers,
            other_admin=other_admin,
            other=other,
            still=await made(school, (admin, callers["course student"][0]), known),
            known=known,
        )


async def second_school(school: School, database: Database) -> tuple[Api, World]:
    wanted = NewSchool(slug="other", school="Other", email="admin@other.test", name="Other")
    now = moment(SystemClock())
    password = await open_school(database, school.deps.passwords, wanted, now)
    got = await school.api.call(
        "POST",
        "/sessions",
        {"email": "admin@other.test", "password": password, "school": "other"},
    )
    admin = school.api.as_(got.body["access_token"])
    people = {}
    for name, role in (("teacher", "teacher"), ("student", "student"), ("extra", "student")):
        body = {
            "email": f"{name}@other.test",
            "name": name,
            "roles": [role],
            "password": demo.PASSWORD,
        }
        made_one = await admin.call("POST", "/users", body, key=school.key())
        people[name] = made_one.body["user"]["id"]
    sign_in = {"email": "student@other.test", "password": demo.PASSWORD, "school": "other"}
    got = await school.api.call("POST", "/sessions", sign_in)
    student = school.api.as_(got.body["access_token"])
    async with database.transaction(None) as connection:
        other = await tenants.by_slug(connection, "other")
    assert other is not None
    people["tenant"] = other.tenant_id
    return admin, await made(school, (admin, student), people)


async def send(
    school: School, route: Route, caller: Api, ids: Mapping[str, str], case: Case | None = None
) -> Got:
    case = case or cases()[route.name]
    body = case.body(ids) if callable(case.body) else case.body
    headers = {"Content-Type": case.content_type} if case.data is not None else {}
    if route.matched:
        headers["If-Match"] = '"v1"' if route.name != "change_class" else '"v2"'
    return await caller.call(
        route.method,
        route.path.format_map({**ids, **{name: ids[real] for name, real in case.names.items()}}),
        body,
        key=None if route.keyed == "no" else school.key(),
        headers=headers,
        data=case.data,
    )


WITH_ACCESS = [route for route in ROUTES if route.auth == "access"]
WITH_JOIN = [route for route in ROUTES if route.auth == "join"]
OPEN_TO_ALL = {"sign_in", "refresh"}
# What nobody sees but the learner whose attempt it is, whatever the role.
ITS_LEARNERS = {
    *("get_result", "save_answer", "submit_attempt", "beat", "answer_placement"),
    *("get_practice", "answer_practice", "finish_practice", "report_item"),
}


def named(route: Route) -> str:
    return route.name


def test_every_route_has_a_case() -> None:
    assert {route.name for route in ROUTES} == cases().keys()
    assert {route.name for route in ROUTES if route.auth == "none"} == OPEN_TO_ALL
    assert all(route.permission is not None for route in WITH_ACCESS)


@pytest.mark.parametrize("route", WITH_ACCESS, ids=named)
async def test_a_role_may_what_the_table_says(matrix: Matrix, route: Route) -> None:
    assert route.permission is not None
    for name, (caller, standing) in matrix.callers.items():
        if route.name == "sign_out":
            caller = await matrix.school.sign_in("student8")
        if (route.name, name) == ("create_course", "other teacher"):
            # Whoever makes a course teaches it: the other teacher teaches none before the other routes.
            caller = await matrix.school.sign_in("teacher3")
        world = matrix.still if route.method == "GET" else await matrix.world(route)
        ids = dict(world.ids)
        if "{upload_id}" in route.path:  # a file is its sender's, whatever the role
            ids["upload_id"] = await sent_file(matrix.school, caller)
        got = await send(matrix.school, route, caller, ids)
        if route.name in ITS_LEARNERS and name != "course student":
            assert (got.status, got.code) == (404, "not_found")
        elif standing & MAY[route.permission]:
            assert got.status == route.status, (name, got)
        else:
            hidden = bool(PARAMETER.findall(route.path)) and not sees(route, standing)
            assert (got.status, name) == (404 if hidden else 403, name)
            assert got.headers["Content-Type"] == "application/problem+json"


BELONGS_TO_A_COURSE = (
    *("course_id", "lesson_id", "assessment_id", "attempt_id", "regrade_id"),
    "job_id",
)


def sees(route: Route, standing: frozenset[Standing]) -> bool:
    """Whether this standing may know that the thing exists. That a person exists is no secret among colleagues."""
    if any(name in route.path for name in BELONGS_TO_A_COURSE):
        return bool(standing & MAY["course.see"])
    if "question_id" in route.path:
        return bool(standing & MAY["question.see"])
    if "class_id" in route.path or "quiz_id" in route.path:
        return bool(standing & MAY["class.see"])
    return True


@pytest.mark.parametrize("route", [*WITH_ACCESS, *WITH_JOIN], ids=named)
async def test_nobody_comes_in_without_a_good_token(matrix: Matrix, route: Route) -> None:
    world = matrix.still
    joined = await matrix.callers["admin"][0].call(
        "POST", f"/classes/{world.ids['class_id']}/join"
    )
    wrong = joined.body["token"] if route.auth == "access" else matrix.callers["admin"][0].token
    for token in (None, "", "x", wrong):
        got = await send(matrix.school, route, matrix.school.api.as_(token), world.ids)
        assert got.status == 401, (route.name, got)
        assert got.headers["WWW-Authenticate"].startswith("Bearer")


def told(got: Got) -> tuple[int, Any]:
    """All that an answer gives away."""
    body = {name: value for name, value in got.body.items() if name != "trace_id"}
    return got.status, body


@pytest.mark.parametrize(
    "route", [one for one in WITH_ACCESS if PARAMETER.search(one.path)], ids=named
)
async def test_the_ids_of_another_school_are_like_ids_that_are_not_there(
    matrix: Matrix, route: Route
) -> None:
    called = cases()[route.name].names
    names = [called.get(one, one) for one in PARAMETER.findall(route.path)]
    world = matrix.still
    for caller_name, (caller, _) in matrix.callers.items():
        for size in range(1, len(names) + 1):
            for foreign in itertools.combinations(names, size):
                absent_id = uuid7(SystemClock().wall_ms(), b"0123456789")
                there = {**world.ids, **{one: matrix.other.ids[one] for one in foreign}}
                absent = {**world.ids, **dict.fromkeys(foreign, absent_id)}
                got = await send(matrix.school, route, caller, there)
                same = await send(matrix.school, route, caller, absent)
                assert got.status in (403, 404), (caller_name, route.name, got)
                assert told(got) == told(same)
                if caller_name == "admin" and "admin" in MAY[route.permission or "self"]:
                    assert got.status == 404


async def test_the_other_school_is_as_it_was(matrix: Matrix) -> None:
    """After whatever ran before it in this file: the other school has all that it had."""
    ids, admin = matrix.other.ids, matrix.other_admin
    for path in ("/courses/{course_id}", "/lessons/{lesson_id}", "/users/{user_id}"):
        assert (await admin.call("GET", path.format_map(ids))).status == 200
    live = await admin.call("GET", f"/classes/{ids['class_id']}")
    assert (live.body["state"], live.body["title"]) == ("open", "C")
    people = await admin.call("GET", f"/courses/{ids['course_id']}/enrolments")
    assert len(people.body["items"]) == 3


LISTS = [route for route in WITH_ACCESS if route.method == "GET" and "limit" in route.query]


@pytest.mark.parametrize("route", LISTS, ids=named)
async def test_a_list_holds_nothing_of_another_school(matrix: Matrix, route: Route) -> None:
    theirs = set(matrix.other.ids.values())
    for caller, _ in matrix.callers.values():
        got = await send(matrix.school, route, caller, matrix.still.ids)
        if got.status == 200:
            assert not theirs & set(re.findall(r"[0-9a-f-]{36}", str(got.body)))


async def test_an_id_in_a_body_is_looked_up_in_ones_own_school(matrix: Matrix) -> None:
    world = matrix.still
    body = {"user_id": matrix.other.ids["user_id"], "role": "student"}
    path = f"/courses/{world.ids['course_id']}/enrolments"
    got = await matrix.callers["admin"][0].call("POST", path, body, key=matrix.school.key())
    assert (got.status, got.code) == (404, "person_not_found")


@pytest.mark.parametrize("route", WITH_JOIN, ids=named)
async def test_a_join_token_opens_its_own_class_alone(matrix: Matrix, route: Route) -> None:
    world = matrix.still
    caller = matrix.callers["course teacher"][0]
    joined = await caller.call("POST", f"/classes/{world.ids['class_id']}/join")
    media = matrix.school.api.as_(joined.body["token"])
    mine = {**world.ids, "user_id": matrix.known["teacher"]}
    for other in (matrix.other.ids["class_id"], (await matrix.world(route)).ids["class_id"]):
        got = await send(matrix.school, route, media, {**mine, "class_id": other})
        assert (got.status, got.code) == (404, "not_found")
    if "{user_id}" in route.path:
        for user in (matrix.known["student"], matrix.other.ids["user_id"]):
            got = await send(matrix.school, route, media, {**mine, "user_id": user})
            assert (got.status, got.code) == (404, "not_found")


# --- Sockets ------------------------------------------------------------------------------------

LEADS: frozenset[ClassRole] = frozenset({"teacher"})
TAKES_PART: frozenset[ClassRole] = frozenset({"teacher", "student"})
TALKS: frozenset[ClassRole] = frozenset({"teacher", "student", "proctor"})
ALL: frozenset[ClassRole] = frozenset(get_args(ClassRole))

# Event of the class wire -> who may send it. An event without a line here fails.
SOCKET_CASES: Mapping[str, frozenset[ClassRole]] = {
    "chat.send": TALKS,
    "chat.delete": TALKS,
    "chat.typing": TALKS,
    "hand.raise": TAKES_PART,
    "hand.lower": TAKES_PART,
    "track.set": TAKES_PART,
    "reaction.send": TAKES_PART,
    "person.mute": LEADS,
    "person.role": LEADS,
    "person.remove": LEADS,
    "class.leave": ALL,
    "beat": ALL,
    "media.publish": TAKES_PART,
    "media.subscribe": ALL,
    "media.answer": ALL,
    "media.want": ALL,
}


def events() -> dict[str, type]:
    """Every event that a browser may send, by its name."""
    kinds = get_args(ClientMessage)
    return {str(kind.__struct_config__.tag): kind for kind in kinds}


def test_every_socket_event_has_a_case() -> None:
    assert SOCKET_CASES.keys() == events().keys()


@pytest.mark.parametrize("event", sorted(events()))
@pytest.mark.parametrize("role", sorted(ALL))
def test_a_class_role_may_send_what_the_case_says(event: str, role: ClassRole) -> None:
    assert permissions.may(role, events()[event]) == (role in SOCKET_CASES[event])
