"""What the models of skill, memory and placement are worth: on public logs of real learners, on simulated ones, and a second."""

import argparse
import itertools
import os
import random
import statistics
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from lms.adaptive import ability
from lms.adaptive.needs import Wish
from loadtests.learning import answers, examinees, learners, logs, reviews, speed
from loadtests.learning.learners import Shape
from loadtests.learning.measures import Predicted, auc, bins, calibration_error, log_loss
from loadtests.learning.plots import Axis, Chart, Line, write
from loadtests.report import RESULTS, machine, write_result

WARM_UP = 5  # lessons until the tutor knows a learner
NIGHTLY = 20
FOLDS = 5
LENGTHS = (6, 8, 10, 12)
AT_RANDOM_MOST = 40
POOL = 300


def row(name: str, predictions: Sequence[Predicted]) -> str:
    """A line of a table."""
    loss, error = log_loss(predictions), calibration_error(predictions)
    ranked = f"{auc(predictions):.4f}" if len({one.chance for one in predictions}) > 1 else "0.5"
    return f"| {name} | {len(predictions):,} | {ranked} | {loss:.4f} | {error:.4f} |"


TABLE = "| | answers | AUC | log loss | calibration error |\n|---|---|---|---|---|\n"


def said_and_came(name: str, predictions: Sequence[Predicted]) -> Line:
    """A reliability curve."""
    held = bins(predictions)
    most = max(one.count for one in held)
    return Line(
        name=name,
        points=[(one.said, one.came) for one in held],
        weights=[(one.count / most) ** 0.5 for one in held],
    )


def calibration(name: str, title: str, lines: Sequence[Line]) -> str:
    """The plot of what was said and what came; a link to it."""
    exact = Line(name="exact", points=[(0, 0), (1, 1)], dashed=True)
    zero_to_one = {"low": 0.0, "high": 1.0}
    chart = Chart(
        title=title,
        x=Axis(name="chance that was said", **zero_to_one),
        y=Axis(name="share that came", **zero_to_one),
        lines=[*lines, exact],
    )
    write(RESULTS / name, chart)
    return f"![{title}]({name})"


def of_statics(folder: Path) -> str:
    """The section on answers."""
    train, valid, test = (logs.statics(folder, fold) for fold in logs.FOLDS)
    everybody = train + valid + test
    difficulties = answers.measured(train + valid)
    held = answers.later_halves(test, difficulties)
    share = statistics.fmean(one.share for some in train + valid for one in some)
    nobody = [Predicted(chance=share, right=one.right) for one in held]
    plot = calibration(
        "learning_answers.svg",
        "Statics2011: what was said and what came",
        [said_and_came("later halves of the test fold", held)],
    )
    return f"""## Skill: Statics2011

333 learners, {sum(map(len, everybody)):,} answers to 1,223 items (nearly no item twice by one learner), no times and no names of skills, in the split
of the AKT authors. Each answer is predicted before it is heard, by `lms.adaptive.mixer.chance`, and then folded in by `lms.adaptive.skill.after`:
the functions of the product. Counted is the later half of each learner's answers.

Goal: AUC >= 0.82, log loss <= 0.41, calibration error <= 0.05. Held to it: the **test fold** (66 learners), with the difficulty of items as the daily
job would have kept it after the 267 learners of the other two folds (`lms.adaptive.difficulty.measured`: every label 50, every learner with the
strength that they have at the end); the constants of the paces were fitted on those two folds too (fitted on train, compared on valid).

{TABLE}{row("**test fold**", held)}
{row("the same, all answers instead of the later halves", [one for some in test for one in answers.walked(some, difficulties)[0]])}
{row("the same, ten neighbouring items as one skill", answers.later_halves(test, difficulties, answers.neighbours))}
{row("the same, difficulty never measured (all labels 50)", answers.later_halves(test, {}))}
{row("a constant (share of right answers of the others)", nobody)}
{row(f"all 333 learners, {FOLDS} folds, difficulty from the other folds", answers.crossed(everybody, FOLDS))}
{row(f"all 333 in a row, from nothing; measured after every {NIGHTLY} learners", answers.from_nothing(everybody, NIGHTLY))}
{row("a constant, for all 333", [Predicted(chance=share, right=one.right) for one in answers.later_halves(everybody, {})])}

{plot}

What to read from it: difficulty is worth most, and a bank with no more than equal labels gets little from any model of the learner. The lines of
all 333 learners have answers in them that are harder to foretell (a constant costs more there too, though not by as much): there the AUC holds and
the log loss is above 0.41. Neighbours are no skills: the more quickly a strength of a skill is found (which the simulated learners need, whose levels lie far
apart), the more it costs to take one for the other.
ASSISTments 2009 and 2015 are not among the logs here, so their goals are not measured."""


def of_reviews(folder: Path) -> str:
    """The section on reviews."""
    log = logs.reviews(folder)
    memory, library = (
        reviews.halves(log, reviews.by_memory),
        reviews.halves(log, reviews.by_library),
    )
    plot = calibration(
        "learning_recall.svg",
        "Review log: recall that was said and what came",
        [said_and_came("later half", memory.later)],
    )
    return f"""## Memory: a review log

{len(log):,} reviews of {len({one.card for one in log}):,} cards by one learner. Counted are reviews a day or more after the last one of the card, the later
half of them by time. The parameters are those that `fsrs` publishes: nothing was fitted to this learner. The constant is the share of the first half.

Goal: loss <= 0.445.

{TABLE}{row("**`lms.adaptive.memory`, real elapsed time**", memory.later)}
{row("`fsrs` itself, whole days", library.later)}
{row("a constant", reviews.constant(memory))}

{plot}

The library's parameters were fitted to whole days, and over whole days it is a little better; real time is what a learner who comes back after 36
hours is due. A unit test holds the two to the same digits where the days are whole."""


def in_band(lessons: Sequence[learners.Lesson], wish: Wish, *, observed: bool = False) -> float:
    """The share of lessons in the band, by the real chances or by what went right."""
    shares = [one.right if observed else one.real for one in lessons]
    return sum(wish.low <= one <= wish.high for one in shares) / len(shares)


def sat_lessons(shape: Shape, given: argparse.Namespace, *, placed: bool) -> list[learners.Lesson]:
    """All lessons of all simulated learners, learner by learner."""
    rng = random.Random(given.seed)
    bank = learners.bank(rng, shape)
    pupils = (learners.pupil(rng, shape) for _ in range(given.learners))
    return [
        one
        for pupil in pupils
        for one in learners.practised(pupil, bank, given.lessons, rng, placed=placed)
    ]


def of_learners(given: argparse.Namespace) -> str:
    """The section on practice."""
    wish, shape, deep = Wish(), Shape(), Shape(skills=40, levels=10, apart=0.8)
    with_placement = sat_lessons(shape, given, placed=True)
    band_chart(with_placement, given.lessons, wish)
    rows = [
        band_row("**with a placement before the first lesson**", with_placement, wish),
        band_row(
            "without one, from the first level", sat_lessons(shape, given, placed=False), wish
        ),
        band_row(
            "a bank of ten levels, 0.8 logits apart, with a placement",
            sat_lessons(deep, given, placed=True),
            wish,
        ),
        band_row("the same bank, without one", sat_lessons(deep, given, placed=False), wish),
    ]
    return f"""## The success band: simulated learners

{given.learners} learners of another family (knowledge fades by a power law as in ACT-R; answers are three-parameter logistic with a discrimination, a guess and
a slip that the tutor knows nothing of; a teacher's labels of difficulty are wrong by a logit), {given.lessons} lessons of twenty each, one to four days
apart, of a bank of {shape.skills} skills with {shape.items_a_skill} items each on {shape.levels} levels that lie {shape.apart} logits apart, chosen by `lms.adaptive.playlist`.
The first {WARM_UP} lessons are warm-up. The band is {wish.low:.2f} to {wish.high:.2f}; what counts is the **real** chance, which only the simulator knows, in the mean
of a lesson. (Of what went right in twenty answers chance alone spreads by 0.09, so far fewer lessons can end inside.)

| | lessons in the band | below, above | mean real, expected | learners whose mean is in the band | the first lesson in the band | share right in the band |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

![Simulated learners](learning_band.svg)"""


def band_row(name: str, sat: Sequence[learners.Lesson], wish: Wish) -> str:
    """A line of the table of the band."""
    warm = [one for one in sat if one.place >= WARM_UP]
    below, above = (
        sum(outside) / len(warm)
        for outside in (
            (one.real < wish.low for one in warm),
            (one.real > wish.high for one in warm),
        )
    )
    real, expected = (
        statistics.fmean(one.real for one in warm),
        statistics.fmean(one.expected for one in warm),
    )
    first = in_band([one for one in sat if one.place == 0], wish)
    return (
        f"| {name} | {in_band(warm, wish):.0%} | {below:.0%}, {above:.0%} | {real:.3f}, {expected:.3f} | {_learners_in_band(warm, wish):.0%}"
        f" | {first:.0%} | {in_band(warm, wish, observed=True):.0%} |"
    )


def band_chart(sat: Sequence[learners.Lesson], lessons: int, wish: Wish) -> None:
    """Lesson by lesson."""
    places = [[one for one in sat if one.place == place] for place in range(lessons)]
    kept = [(place, some) for place, some in enumerate(places) if some]
    real = [(place, statistics.fmean(one.real for one in some)) for place, some in kept]
    expected = [(place, statistics.fmean(one.expected for one in some)) for place, some in kept]
    inside = [(place, in_band(some, wish)) for place, some in kept]
    chart = Chart(
        title="Simulated learners: how likely the items of a lesson go right",
        x=Axis(name="lesson", low=0, high=lessons - 1),
        y=Axis(name="mean chance", low=0.5, high=1),
        band=(wish.low, wish.high),
        lines=[
            Line(name="really", points=real),
            Line(name="as the tutor expected", points=expected),
            Line(name="share of lessons in the band", points=inside, dashed=True),
        ],
    )
    write(RESULTS / "learning_band.svg", chart)


def _learners_in_band(warm: Sequence[learners.Lesson], wish: Wish) -> float:
    by_learner = [list(some) for _, some in itertools.groupby(warm, key=lambda one: one.learner)]
    means = [statistics.fmean(one.real for one in some) for some in by_learner]
    return sum(wish.low <= one <= wish.high for one in means) / len(means)


def pools(folder: Path | None, seed: int) -> dict[str, list[tuple[str, int]]]:
    """Banks of three hundred items."""
    rng = random.Random(seed)
    made = {
        "a school's bank over all levels (difficulties 0 to 100 alike)": [
            rng.randrange(101) for _ in range(POOL)
        ],
        "a narrow bank (spread of one logit)": [
            min(max(round(rng.gauss(50, 12.5)), 0), 100) for _ in range(POOL)
        ],
    }
    if folder:
        measured = answers.measured(logs.statics(folder, "train"))
        made["the items of Statics2011, as measured"] = [
            measured[item] for item in rng.sample(sorted(measured), POOL)
        ]
    return {
        name: [(f"q{number}", one) for number, one in enumerate(some)]
        for name, some in made.items()
    }


def of_examinees(folder: Path | None, count: int, seed: int) -> str:
    """The section on placement."""
    rows: list[str] = []
    lines: list[Line] = []
    for name, pool in pools(folder, seed).items():
        for family, right in (("Rasch", examinees.by_rasch), ("guessing", examinees.by_guessing)):
            best = examinees.adaptive(pool, right, LENGTHS[-1], count, seed)
            bound = examinees.unbounded(pool, right, LENGTHS[-1], count, seed)
            chance = examinees.at_random(pool, right, AT_RANDOM_MOST, count, seed)
            ended = examinees.stopped(pool, right, count, seed + 1)
            parts = [part_of_random(best, chance, length) for length in LENGTHS]
            least = part_of_random(bound, chance, LENGTHS[-1])
            rows.append(
                f"| {name} | {family} | {' | '.join(parts)} | {least} | {ended.items:.1f} | {ended.error:.2f} | {ended.commonest:.0%} |"
            )
            if not lines:
                lines = [
                    Line(name="items that tell most", points=list(enumerate(best.errors, 1))),
                    Line(name="items at random", points=list(enumerate(chance.errors, 1))),
                ]
    write(
        RESULTS / "learning_placement.svg",
        Chart(
            title="Placement: error by items asked (a bank over all levels)",
            x=Axis(name="items", low=0, high=AT_RANDOM_MOST),
            y=Axis(name="error (root mean square, logits)", low=0.3, high=1),
            lines=lines,
        ),
    )
    heads = " | ".join(f"at {length}" for length in LENGTHS)
    return f"""## Placement: an adaptive test

{count:,} simulated examinees whose abilities are the quantiles of a normal of one logit, {POOL} items a bank; the same people sit a test whose items tell
most (one of several, so that no item is known to everybody) and one whose items come at random. A cell says how many items the adaptive test needs, as a part of
those that the random one needs for the same error. Goal: <= 60 %. "At best" is what can be had at all after {LENGTHS[-1]} items: no cap, and each time the item
after which the least spread of the ability is to be expected. Then the placement as it ends by itself (error {ability.ENOUGH_ERROR} by its own reckoning or
{ability.ASKED_AT_MOST} items).

| bank | examinees | {heads} | at best | items until it ends | real error then | commonest item, of all sittings |
|---|---|---{"|---" * len(LENGTHS)}|---|---|---|
{chr(10).join(rows)}

![Placement](learning_placement.svg)

The goal is met in a bank over all levels. In the other two it is not, and no way of choosing would meet it with items that all discriminate alike: there every
item suits nearly everybody, and who chooses without a cap does not do better than who keeps one. Guessing costs every test, for the model knows of none; with it
"at best" is best by that model. Between seeds a cell moves by two or three points."""


def part_of_random(test: examinees.Sitting, chance: examinees.Sitting, length: int) -> str:
    """How many items a test of this length needs, as a part of those that items at random need for the same error."""
    return f"{length / examinees.needed(chance.errors, test.errors[length - 1]):.0%}"


def of_speed() -> str:
    """The section on cost."""
    rows = [f"| {count} | {speed.folded_a_second(count):,.0f} |" for count in (0, 1, 2, 3)]
    return f"""## Cost

Answers a second on one core, each folded into its skills (two strengths, memory) and the strength over the whole course, in CPU time. Goal: >= 100,000
updates a second.

| skills of the item | answers/s |
|---|---|
{chr(10).join(rows)}"""


def main() -> None:
    """Measure, draw, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=80)
    parser.add_argument("--lessons", type=int, default=30)
    parser.add_argument("--examinees", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=17)
    given = parser.parse_args()
    named = os.environ.get("LECTERN_LEARNING_DATA")
    folder = Path(named) if named else None
    # Each section is a fold from a seed, so they may run side by side; the clock comes last, when it is alone.
    with ProcessPoolExecutor(os.cpu_count()) as beside:
        placed = beside.submit(of_examinees, folder, given.examinees, given.seed)
        practised = beside.submit(of_learners, given)
        of_logs = (
            [beside.submit(section, folder) for section in (of_statics, of_reviews)]
            if folder
            else []
        )
        parts = [machine(), *(one.result() for one in (*of_logs, practised, placed)), of_speed()]
    if not folder:
        parts.insert(
            1,
            "LECTERN_LEARNING_DATA names no folder: the logs of real learners are left out, skill and memory are not measured here.",
        )
    write_result(
        Path("learning.md"),
        title="Skill, memory, placement",
        command="LECTERN_LEARNING_DATA=... python -m loadtests.scenarios.learning"
        f" --learners {given.learners} --lessons {given.lessons} --examinees {given.examinees} --seed {given.seed}",
        body="\n\n".join(parts),
    )


if __name__ == "__main__":
    main()
