"""What a course's grades come to."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.model import Standing
from lms.errors import Invalid
from lms.grading import books, gradebook
from lms.grading.books import Book, as_csv
from lms.grading.gradebook import (
    Category,
    CellState,
    Column,
    Letter,
    Person,
    Rules,
    Try,
    letter,
    line,
    standing,
)


def column(name: str, category: str = "", rule: Standing = "best") -> Column:
    return Column(assessment_id=name, title=name.title(), category=category, standing=rule)


def tried(
    number: int,
    earned: int | None,
    possible: int = 1000,
    state: CellState = "graded",
    *,
    late: bool = False,
    released: bool = True,
) -> Try:
    return Try(
        attempt_id=f"attempt {number}",
        number=number,
        state=state,
        earned_milli=earned,
        possible_milli=None if earned is None else possible,
        late=late,
        released=released,
    )


def person(**tries: list[Try]) -> Person:
    return Person(user_id="u", name="Ada", tries=tries)


TRIES = [tried(1, 400), tried(2, 900, 2000), tried(3, 300, late=True)]


@pytest.mark.parametrize(
    ("rule", "attempt", "earned", "possible"),
    [
        ("best", "attempt 2", 900, 2000),  # 45 % is more than 40 %
        ("last", "attempt 3", 300, 1000),
        ("first", "attempt 1", 400, 1000),
        ("average", "attempt 3", 533, 1333),
    ],
)
def test_the_settings_say_which_attempt_counts(
    rule: Standing, attempt: str, earned: int, possible: int
) -> None:
    cell = standing(column("a", rule=rule), TRIES)
    assert (cell.attempt_id, cell.earned_milli, cell.possible_milli) == (attempt, earned, possible)


def test_of_equal_attempts_the_first_is_the_best() -> None:
    assert standing(column("a"), [tried(1, 500), tried(2, 500)]).attempt_id == "attempt 1"


def test_an_attempt_without_a_grade_has_no_points_and_hides_no_grade() -> None:
    waiting = tried(2, 700, state="marking")
    cell = standing(column("a"), [waiting])
    assert (cell.state, cell.earned_milli, cell.share) == ("marking", None, None)
    assert standing(column("a"), [tried(1, 500), waiting]).earned_milli == 500
    assert standing(column("a"), []).state == "none"


def test_without_categories_every_assessment_counts_by_its_points() -> None:
    found = line(
        person(a=[tried(1, 1000)], b=[tried(1, 0, 3000)]), [column("a"), column("b")], Rules()
    )
    assert found.share == Fraction(1, 4)


RULES = Rules(
    categories=[
        Category(id="tests", title="Tests", weight=3, drop_lowest=1),
        Category(id="home", title="Homework", weight=1),
    ],
    letters=[Letter(letter="A", from_percent=90), Letter(letter="C", from_percent=50)],
)
COLUMNS = [
    column("t1", "tests"),
    column("t2", "tests"),
    column("h1", "home"),
    column("x", "other"),
]


def test_weights_and_what_is_dropped() -> None:
    found = line(
        person(t1=[tried(1, 200)], t2=[tried(1, 800)], h1=[tried(1, 400)], x=[tried(1, 0)]),
        COLUMNS,
        RULES,
    )
    assert found.share == (3 * Fraction(8, 10) + Fraction(4, 10)) / 4
    assert [one.dropped for one in found.cells] == [True, False, False, False]
    assert found.letter == "C"


def test_the_last_score_of_a_category_is_not_dropped() -> None:
    found = line(person(t1=[tried(1, 200)]), COLUMNS, RULES)
    assert (found.share, found.cells[0].dropped) == (Fraction(1, 5), False)


def test_a_category_without_a_grade_does_not_weigh() -> None:
    found = line(person(h1=[tried(1, 1000)]), COLUMNS, RULES)
    assert (found.share, found.letter) == (Fraction(1), "A")
    assert line(person(), COLUMNS, RULES).share is None


def test_a_letter_is_given_from_its_percentage_on_exactly() -> None:
    assert letter(Fraction(9, 10), RULES.letters) == "A"
    assert letter(Fraction(9, 10) - Fraction(1, 10**12), RULES.letters) == "C"
    assert letter(Fraction(1, 10), RULES.letters) is None
    assert letter(None, RULES.letters) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 1000), st.sampled_from(["tests", "home", "other"])), max_size=8
    ),
    st.integers(0, 5),
)
def test_dropping_the_lowest_never_takes_anything_away(
    scores: list[tuple[int, str]], drop: int
) -> None:
    columns = [column(f"c{index}", category) for index, (_, category) in enumerate(scores)]
    who = person(**{f"c{index}": [tried(1, points)] for index, (points, _) in enumerate(scores)})

    def share(count: int) -> Fraction | None:
        category = Category(id="tests", title="T", weight=1, drop_lowest=count)
        return line(who, columns, Rules(categories=[category])).share

    kept, dropped = share(0), share(drop)
    assert (kept is None) == (dropped is None)
    if kept is not None and dropped is not None:
        assert 0 <= kept <= dropped <= 1


def test_a_learner_sees_nothing_of_what_is_not_released() -> None:
    mine = books.as_learner_sees(
        person(
            a=[tried(1, 900, released=False)], b=[tried(1, 400)], c=[tried(1, None, state="open")]
        )
    )
    columns = [column("a"), column("b"), column("c")]
    found = line(mine, columns, Rules())
    assert [(one.state, one.earned_milli) for one in found.cells] == [
        ("submitted", None),
        ("graded", 400),
        ("open", None),
    ]
    assert found.share == Fraction(4, 10)


def test_no_cell_of_the_table_is_a_formula() -> None:
    names = ["=1+1", "+1", "-1", "@x", "Ada", "\t=1", 'Eve "E", x']
    columns = (column("=sum"),)
    people = tuple(Person(user_id="u", name=name) for name in names)
    book = Book(course_id="c", version=1, rules=Rules(), columns=columns, people=people)
    text = as_csv(book)
    rows = text.split("\r\n")
    assert rows[0] == "Name,E-mail,'=Sum,%,Letter"
    assert [row.split(",")[0] for row in rows[1:5]] == ["'=1+1", "'+1", "'-1", "'@x"]
    assert rows[5].startswith("Ada,")
    assert rows[6].startswith("'\t=1")
    assert rows[7].startswith('"Eve ""E"", x"')
    assert rows[1:-1] == [f"{row.removesuffix(',,,,')},,,," for row in rows[1:-1]]


def test_points_are_written_as_decimals() -> None:
    assert [books.milli(one) for one in (0, 1, 1500, 2000, 87_500)] == [
        "0",
        "0.001",
        "1.5",
        "2",
        "87.5",
    ]


def test_rules_that_contradict_themselves_are_refused() -> None:
    twice = Category(id="a", title="A", weight=1)
    with pytest.raises(Invalid):
        books.check(Rules(categories=[twice, twice]))
    letters = [Letter(letter="A", from_percent=90), Letter(letter="B", from_percent=90)]
    with pytest.raises(Invalid):
        books.check(Rules(letters=letters))
    books.check(RULES)
    assert gradebook.share_of(1, 0) is None
