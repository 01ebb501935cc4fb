"""What an assessment may be, and who may begin when, each refusal with its code."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.assessments import rules, timing
from lms.assessments.model import Accommodation, Draw, Section, Settings, State
from lms.courses.model import Course
from lms.errors import Conflict, Forbidden, Invalid, LmsError, NotFound
from lms.identity import CourseRole, Permission, Principal, Role
from lms.ids import CourseId, SessionId, TenantId, UserId

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def somebody(*roles: Role) -> Principal:
    return Principal(
        tenant_id=TenantId("t"),
        user_id=UserId("u"),
        session_id=SessionId("s"),
        roles=frozenset(roles),
    )


def course(role: CourseRole | None) -> Course:
    return Course(
        course_id=CourseId("c"),
        title="Waves",
        archived=False,
        version=1,
        created_at=NINE,
        people=1,
        my_role=role,
    )


@pytest.mark.parametrize(
    ("roles", "role", "state", "permission", "refused"),
    [
        (("student",), "student", "published", "assessment.see", None),
        (("student",), "student", "archived", "assessment.see", None),
        (("student",), "student", "draft", "assessment.see", NotFound),
        (("student",), None, "published", "assessment.see", NotFound),
        (("student",), "student", "published", "assessment.edit", Forbidden),
        (("proctor",), None, "published", "assessment.see", None),
        (("proctor",), None, "draft", "assessment.see", NotFound),
        (("proctor",), None, "published", "assessment.edit", Forbidden),
        (("teacher",), "teacher", "draft", "assessment.edit", None),
        (("teacher",), None, "published", "assessment.edit", NotFound),
        (("admin",), None, "draft", "assessment.edit", None),
    ],
)
def test_a_draft_is_for_those_who_write_it(
    roles: tuple[Role, ...],
    role: CourseRole | None,
    state: State,
    permission: Permission,
    refused: type[LmsError] | None,
) -> None:
    who = somebody(*roles)
    if refused is None:
        assert rules.check(who, course(role), state, permission) == course(role)
        return
    with pytest.raises(refused):
        rules.check(who, course(role), state, permission)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (NINE - SECOND, "assessment_not_open"),
        (NINE, None),
        (NINE + timedelta(hours=2) - SECOND, None),
        (NINE + timedelta(hours=2), "assessment_closed"),
        (NINE + timedelta(days=9), "assessment_closed"),
    ],
)
def test_one_may_begin_from_the_opening_until_before_the_closing(
    now: datetime, code: str | None
) -> None:
    window = timing.window(Settings(), NINE, NINE + timedelta(hours=2))
    assert refusal(rules.check_window, window, now) == code


def test_an_assessment_without_times_is_always_open() -> None:
    rules.check_window(timing.window(Settings(), None, None), NINE)


def test_a_learner_with_a_later_closing_may_begin_after_the_others() -> None:
    later = Accommodation(user_id=UserId("u"), closes_at=NINE + timedelta(days=1))
    window = timing.window(Settings(), NINE, NINE + timedelta(hours=2), later)
    rules.check_window(window, NINE + timedelta(hours=3))


@pytest.mark.parametrize(
    ("wanted", "given", "code"),
    [
        ("", "", None),
        ("", "anything", None),
        ("sesame", "sesame", None),
        ("sesame", "", "password_wrong"),
        ("sesame", "Sesame", "password_wrong"),
        ("سمسم", "سمسم", None),
        ("سمسم", "sesame", "password_wrong"),
    ],
)
def test_a_password_is_asked_for_where_there_is_one(
    wanted: str, given: str, code: str | None
) -> None:
    assert refusal(rules.check_password, wanted, given) == code


@pytest.mark.parametrize(
    ("used", "extra", "code"),
    [
        (0, 0, None),
        (1, 0, None),
        (2, 0, "attempts_used_up"),
        (2, 1, None),
        (3, 1, "attempts_used_up"),
    ],
)
def test_attempts_are_counted_with_those_that_were_given_beyond(
    used: int, extra: int, code: str | None
) -> None:
    settings = Settings(attempts_allowed=2)
    given = Accommodation(user_id=UserId("u"), extra_attempts=extra)
    assert refusal(rules.check_left, used, rules.allowed(settings, given)) == code
    assert rules.allowed(settings, None) == 2


@pytest.mark.parametrize(
    ("state", "code"),
    [("published", None), ("draft", "not_published"), ("archived", "not_published")],
)
def test_only_a_published_one_may_be_taken(state: State, code: str | None) -> None:
    assert refusal(rules.check_published, state) == code


def test_an_archived_one_may_be_published_again_but_is_no_draft_any_more() -> None:
    assert rules.NEXT["archived", "publish"] == "published"
    assert "draft" not in rules.NEXT.values()


@pytest.mark.parametrize(
    "sections",
    [
        [Section(id="a"), Section(id="a")],
        [Section(id="a", question_ids=["q", "q"])],
        [Section(id="a", question_ids=["q"]), Section(id="b", question_ids=["q"])],
        [Section(id="a", draws=[Draw(count=200), Draw(count=101)])],
    ],
    ids=["same id", "named twice", "named in two", "too many"],
)
def test_settings_that_make_no_sense_are_refused(sections: list[Section]) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_settings(Settings(sections=sections))
    assert refused.value.pointer == "/settings/sections"


def test_an_assessment_that_asks_nothing_is_not_published() -> None:
    assert (
        refusal(rules.check_not_empty, Settings(sections=[Section(id="a")])) == "assessment_empty"
    )
    rules.check_not_empty(Settings(sections=[Section(id="a", draws=[Draw(count=1)])]))


def test_a_paper_is_no_larger_than_a_browser_is_sent() -> None:
    assert refusal(rules.check_size, rules.PAPER_BYTES_MAX) is None
    assert refusal(rules.check_size, rules.PAPER_BYTES_MAX + 1) == "paper_too_large"


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "pointer"),
    [
        (NINE, NINE + SECOND, None),
        (None, None, None),
        (NINE, NINE, "/closes_at"),
        (NINE, NINE - SECOND, "/closes_at"),
        (NINE.replace(year=1999), None, "/opens_at"),
        (None, NINE.replace(year=2999), "/closes_at"),
    ],
)
def test_it_closes_after_it_opens_and_in_this_world(
    opens_at: datetime | None, closes_at: datetime | None, pointer: str | None
) -> None:
    if pointer is None:
        rules.check_times(opens_at, closes_at)
        return
    with pytest.raises(Invalid) as refused:
        rules.check_times(opens_at, closes_at)
    assert refused.value.pointer == pointer


def refusal(check: object, *args: object) -> str | None:
    """The code with which it is refused."""
    assert callable(check)
    try:
        check(*args)
    except (Conflict, Forbidden) as error:
        return error.code
    return None
