"""A class whose log cannot be written is taken up again after pauses that grow to a second, and at once when it can."""

from signaling.routing.pauses import Pauses
from signaling.routing.place import Place

PLACE = Place(tenant_id="school", class_id="class")
OTHER = Place(tenant_id="school", class_id="other")


def lengths(pauses: Pauses, failures: int, *, chance: float = 0.0) -> list[float]:
    """How long each pause is, when every try fails."""
    now, found = 100.0, list[float]()
    for _ in range(failures):
        pauses.failed(PLACE, now, again=True, chance=chance)
        began = now
        while pauses.is_on(PLACE, now):
            now += 1 / 64
        found.append(now - began)
    return found


def test_pauses_grow_to_a_second() -> None:
    assert lengths(Pauses(), 6) == [0.125, 0.25, 0.5, 1.0, 1.0, 1.0]


def test_years_of_failures_are_no_longer() -> None:
    assert lengths(Pauses(), 2000)[-1] == 1.0


def test_chance_spreads_them() -> None:
    assert lengths(Pauses(), 4, chance=1.0)[-1] == 0.75


def test_the_first_is_waited_out_and_the_next_are_told() -> None:
    pauses = Pauses()
    pauses.failed(PLACE, 10.0, again=True, chance=0.0)
    assert pauses.is_on(PLACE, 10.0)
    assert not pauses.refuses(PLACE, 10.0)
    pauses.failed(PLACE, 10.2, again=True, chance=0.0)
    assert pauses.refuses(PLACE, 10.2)
    assert not pauses.refuses(PLACE, 10.5)
    assert not pauses.is_on(OTHER, 10.2)


def test_what_was_written_meanwhile_begins_anew() -> None:
    pauses = Pauses()
    lengths(pauses, 5)
    pauses.failed(PLACE, 200.0, again=False, chance=0.0)
    assert not pauses.refuses(PLACE, 200.0)
    assert not pauses.is_on(PLACE, 200.125)


def test_classes_that_nobody_needs_are_forgotten() -> None:
    pauses = Pauses()
    pauses.failed(PLACE, 10.0, again=True, chance=0.0)
    pauses.keep({OTHER})
    assert not pauses.is_on(PLACE, 10.0)
