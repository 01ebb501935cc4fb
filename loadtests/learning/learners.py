"""Simulated learners who practise what the playlist gives them; they are of another family than the models that look at them.

Knowledge of a skill is a base level, as in ACT-R: every answer leaves a trace that fades by a power law of time, and the log of their sum
counts. Answers are three-parameter logistic with a discrimination, a guess and a slip that the tutor knows nothing of. The bank's labels of
difficulty are a teacher's: how hard an item is among those of its level, with an error of a logit.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lms.adaptive import playlist, skill
from lms.adaptive.model import Candidate, Met, Response, SkillState, Source
from lms.adaptive.needs import Learner, Wish
from lms.adaptive.parameters import EVEN_DIFFICULTY, POINTS_A_LOGIT
from lms.adaptive.shelf import Shelf, shelved
from lms.adaptive.table import Pick
from lms.practice import placing
from lms.practice.placing import Placement, Pool, Posed

BEGUN = datetime(2026, 9, 1, 8, tzinfo=UTC)
FADES = 0.4  # the exponent of the power law
LABEL_ERROR = 1.0  # logits
HELD_OF_LATELY = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a bank is built: its skills lie on levels one after the other, whose items get harder by so many logits in the mean."""

    skills: int = 20
    items_a_skill: int = 60
    levels: int = 5
    apart: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What an item is really like, in logits."""

    difficulty: float
    discrimination: float
    guess: float
    slip: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Items as the tutor sees them, and as they are."""

    shelf: Shelf
    truths: dict[str, Truth]


@dataclass(slots=True, kw_only=True)
class Pupil:
    """A simulated learner: talent, a leaning for each skill, traces of practice."""

    talent: float
    leaning: dict[str, float]
    traces: dict[str, list[datetime]] = field(default_factory=dict)

    def chance(self, item: Candidate, truth: Truth, now: datetime) -> float:
        """The real chance of a right answer."""
        name = item.skills[0]
        logit = truth.discrimination * (
            self.talent + self.leaning[name] + self._practised(name, now) - truth.difficulty
        )
        return truth.guess + (1 - truth.guess - truth.slip) / (1 + math.exp(-logit))

    def _practised(self, name: str, now: datetime) -> float:
        days = ((now - at).total_seconds() / 86_400 for at in self.traces.get(name, ()))
        return 0.5 * math.log1p(sum(max(one, 0.02) ** -FADES for one in days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson of one pupil (by the name of their desk): its place, the mean of the real chances, the mean of what the tutor expected, the share that went right."""

    learner: str
    place: int
    real: float
    expected: float
    right: float
    items: int


def bank(rng: random.Random, shape: Shape) -> Bank:
    """Items spread by a logit within a level, and labelled with an error."""
    candidates, truths = [], {}
    for place in range(shape.skills):
        level = 1 + place * shape.levels // shape.skills
        lower = shape.apart * (level - (shape.levels + 1) / 2)
        for number in range(shape.items_a_skill):
            within, name = rng.gauss(0, 1), f"q{place}-{number}"
            truths[name] = Truth(
                difficulty=lower
                + within
                - 1,  # three of four go right for an ordinary learner, as in public logs
                discrimination=rng.lognormvariate(0, 0.3),
                guess=rng.choice((0.0, 0.1, 0.2)),
                slip=0.03,
            )
            candidates.append(_labelled(name, place, level, within + rng.gauss(0, LABEL_ERROR)))
    return Bank(shelf=shelved(candidates), truths=truths)


def _labelled(name: str, place: int, level: int, within: float) -> Candidate:
    return Candidate(
        question_id=name,
        version=1,
        skills=(f"skill {place}",),
        level=level,
        language="en",
        difficulty=min(max(round(EVEN_DIFFICULTY + POINTS_A_LOGIT * within), 0), 100),
        family=name,
        given=0,
    )


def pupil(rng: random.Random, shape: Shape) -> Pupil:
    """Talents are spread by a logit, leanings by two thirds of one."""
    leaning = {f"skill {place}": rng.gauss(0, 0.66) for place in range(shape.skills)}
    return Pupil(talent=rng.gauss(-0.5, 1.0), leaning=leaning)


@dataclass(slots=True, kw_only=True)
class Desk:
    """What the tutor knows of a pupil: nothing but answers."""

    user_id: str
    now: datetime = BEGUN
    placed: int | None = None
    states: dict[str, SkillState] = field(default_factory=dict)
    met: list[Met] = field(default_factory=list)

    def next_lesson(self, shelf: Shelf) -> Sequence[Pick]:
        """As the refiller chooses it; nothing when the bank has nothing."""
        learner = Learner(
            user_id=self.user_id,
            states=dict(self.states),
            now=self.now,
            placed=self.placed,
            met=tuple(self.met[:HELD_OF_LATELY]),
        )
        chosen = playlist.lessons(learner, shelf, Wish(), 1)
        return chosen[0] if chosen else ()

    def heard(self, item: Candidate, share: float, source: Source = "practice") -> None:
        """An answer, as the projection takes it."""
        response = Response(
            skills=item.skills,
            difficulty=item.difficulty,
            share=share,
            at=self.now,
            source=source,
            question_id=item.question_id,
            version=item.version,
        )
        self.states.update(skill.after(self.states, response))
        met = Met(
            question_id=item.question_id,
            skills=item.skills,
            source=source,
            share_milli=int(1000 * share),
            at=self.now,
        )
        self.met.insert(0, met)


def practised(
    one: Pupil, of: Bank, lessons: int, rng: random.Random, *, placed: bool
) -> list[Lesson]:
    """A placement, if there is one, then so many lessons, one to four days apart, each chosen from what the tutor knows by then."""
    desk = Desk(user_id=f"{rng.random()}")
    if placed:
        _place(one, of, desk, rng)
    done = []
    for place in range(lessons):
        picks = desk.next_lesson(of.shelf)
        if not picks:
            break
        done.append(_sat(one, of, picks, desk, place, rng))
        desk.now += timedelta(days=rng.choice((1, 1, 2, 4)), minutes=rng.randrange(600))
    return done


def _place(one: Pupil, of: Bank, desk: Desk, rng: random.Random) -> None:
    """As a placement of the product goes; its answers count for the skills like any other."""
    pool = Pool(
        items=tuple(_posed(item, len(of.shelf.levels)) for item in of.shelf.items.values()),
        levels=of.shelf.levels,
    )
    placement = Placement(
        placement_id=desk.user_id, course_id="c", user_id=desk.user_id, created_at=desk.now
    )
    while not placing.is_enough(placement) and (posed := placing.next_of(placement, pool, {}, 0)):
        item = of.shelf.items[posed.question_id]
        went_right = rng.random() < one.chance(item, of.truths[item.question_id], desk.now)
        placement = placing.answered(
            placing.asking(placement, posed, posed.question_id), 1000 * went_right
        )
        desk.heard(item, float(went_right), "placement")
        desk.now += timedelta(seconds=40)
    desk.placed = placing.ended(placement, pool.levels, desk.now).level


def _posed(item: Candidate, levels: int) -> Posed:
    """With its place on the scale of the whole bank, as placement_store reckons it."""
    return Posed(
        item_id="",
        question_id=item.question_id,
        version=item.version,
        skills=item.skills,
        difficulty=item.difficulty,
        hardness=((item.level - 1) * 100 + item.difficulty) // levels,
    )


def _sat(
    one: Pupil,
    of: Bank,
    picks: Sequence[Pick],
    desk: Desk,
    place: int,
    rng: random.Random,
) -> Lesson:
    real, right = 0.0, 0
    for pick in picks:
        chance = one.chance(pick.item, of.truths[pick.item.question_id], desk.now)
        went_right = rng.random() < chance
        desk.heard(pick.item, float(went_right))
        one.traces.setdefault(pick.item.skills[0], []).append(desk.now)
        real, right = real + chance, right + went_right
        desk.now += timedelta(seconds=40)
    count = len(picks)
    return Lesson(
        learner=desk.user_id,
        place=place,
        real=real / count,
        expected=sum(pick.chance for pick in picks) / count,
        right=right / count,
        items=count,
    )
