"""Public logs of real learners, as the models of learning see them."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FOLDS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer of Statics2011; the log calls the item a skill and has no times."""

    item: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """One review of a card; a share of 0 is "forgotten"."""

    card: str
    share: float
    at: datetime


def statics(folder: Path, fold: str) -> list[list[Answered]]:
    """The learners of a fold, each a list of answers in their order; three lines a learner: count, items, right or wrong."""
    lines = (folder / f"statics_{fold}1.csv").read_text(encoding="utf-8").split("\n")
    learners = []
    for first in range(0, len(lines) - 2, 3):
        items, rights = (_numbers(line) for line in lines[first + 1 : first + 3])
        if not len(items) == len(rights) == int(lines[first]):
            raise ValueError(f"line {first + 1} of fold {fold} does not count what follows")
        learners.append(
            [
                Answered(item=item, share=float(right))
                for item, right in zip(items, rights, strict=True)
            ]
        )
    return learners


def _numbers(line: str) -> list[int]:
    return [int(float(word)) for word in line.strip().strip(",").split(",")]


# What a rating of the log is in shares of the points: 1 forgotten, 2 hard, 3 good, 4 easy.
SHARES = {"1": 0.0, "2": 0.5, "3": 1.0, "4": 1.0}


def reviews(folder: Path) -> list[Reviewed]:
    """All reviews in the order of their times."""
    with (folder / "review_log.csv").open(encoding="utf-8", newline="") as file:
        all_of_them = [
            Reviewed(
                card=row["card_id"],
                share=SHARES[row["review_rating"]],
                at=datetime.fromisoformat(row["review_time"]),
            )
            for row in csv.DictReader(file)
        ]
    return sorted(all_of_them, key=lambda one: one.at)
