"""Who is asked next: by tier, by health, by what was tried, and when it is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai.asks import RefusedReason, Tried, TryOutcome
from lms.ai.model import Brief
from lms.ai.providers import Model, Provider, Providers, Secret
from lms.ai.router import (
    HEALTH,
    SAME_MAX,
    TRIES_MAX,
    WRONG,
    WRONG_MAX,
    Call,
    Over,
    Standing,
    Wait,
    candidates,
    next_step,
    tier_for,
)

NOW, UNTIL = 100.0, 130.0
WELL = Standing()


def model(provider: str, name: str, tier: str = "small") -> Model:
    return Model(provider=provider, name=name, tier=tier)  # type: ignore[arg-type]  # one of three


def provider(name: str) -> Provider:
    return Provider(name=name, base_url="", at_once=1, limit_field="max_tokens", key=Secret(""))


def tried(one: Model, outcome: TryOutcome) -> Tried:
    return Tried(provider=one.provider, model=one.name, outcome=outcome)


A, B, C = model("a", "one"), model("b", "two"), model("c", "three")
ALL_WELL = {"a": WELL, "b": WELL, "c": WELL}
PROVIDERS = Providers(
    providers=(provider("a"), provider("b")),
    models=(
        model("a", "big", "strong"),
        model("a", "quick"),
        model("b", "large", "strong"),
        model("b", "light"),
        model("b", "vectors", "embedding"),
    ),
)


@pytest.mark.parametrize(
    ("brief", "tier"),
    [
        (Brief(skill="x", kinds=["true_false"]), "small"),
        (Brief(skill="x", kinds=["true_false"], difficulty=74), "small"),
        (Brief(skill="x", kinds=["true_false"], difficulty=75), "strong"),
        (Brief(skill="x", kinds=["true_false"], scenario=True, difficulty=10), "strong"),
    ],
)
def test_scenarios_and_what_is_hard_go_to_strong_models(brief: Brief, tier: str) -> None:
    assert tier_for(brief) == tier


def test_strong_falls_to_small_and_small_never_climbs() -> None:
    names = [one.name for one in candidates(PROVIDERS, "strong")]
    assert names == ["big", "large", "quick", "light"]
    assert [one.name for one in candidates(PROVIDERS, "small")] == ["quick", "light"]


def test_the_model_that_wrote_it_is_asked_last() -> None:
    assert [one.name for one in candidates(PROVIDERS, "small", "quick")] == ["light", "quick"]
    assert candidates(PROVIDERS, "strong", "big")[-1].name == "big"


def test_all_well_and_the_first_of_the_file_is_asked() -> None:
    assert next_step((A, B), ALL_WELL, (), NOW, UNTIL) == Call(model=A)


@pytest.mark.parametrize("outcome", [one for one in HEALTH if one != "ok"])
def test_after_anything_but_an_answer_another_provider_is_asked_at_once(
    outcome: TryOutcome,
) -> None:
    assert next_step((A, B), ALL_WELL, (tried(A, outcome),), NOW, UNTIL) == Call(model=B)


@pytest.mark.parametrize("outcome", ["busy", "failed"])
def test_who_is_alone_and_was_busy_is_asked_again_after_its_pause(outcome: TryOutcome) -> None:
    resting = {"a": Standing(from_at=NOW + 2)}
    assert next_step((A,), resting, (tried(A, outcome),), NOW, UNTIL) == Wait(until=NOW + 2)
    assert next_step((A,), resting, (tried(A, outcome),), NOW + 2, UNTIL) == Call(model=A)
    often = (tried(A, outcome),) * SAME_MAX
    assert next_step((A,), resting, often, NOW + 2, UNTIL) == Over(away="providers")


@pytest.mark.parametrize("outcome", ["slow", "denied"])
def test_who_was_late_or_denied_us_is_not_asked_again(outcome: TryOutcome) -> None:
    assert next_step((A,), ALL_WELL, (tried(A, outcome),), NOW, UNTIL) == Over(away="providers")


@pytest.mark.parametrize("outcome", ["garbage", "schema", "truncated", "huge", "declined"])
def test_two_answers_that_are_none_are_enough(outcome: RefusedReason) -> None:
    told = next(one for one, reason in WRONG.items() if reason == outcome)
    wrong = (tried(A, told), tried(B, told))
    assert len(wrong) == WRONG_MAX
    assert next_step((A, B, C), ALL_WELL, wrong, NOW, UNTIL) == Over(refused=outcome)
    assert next_step((A,), ALL_WELL, wrong[:1], NOW, UNTIL) == Over(refused=outcome)


def test_an_open_breaker_is_gone_around_and_not_waited_for() -> None:
    broken = {"a": Standing(from_at=NOW + 1, broken=True), "b": WELL}
    assert next_step((A, B), broken, (), NOW, UNTIL) == Call(model=B)
    assert next_step((A,), broken, (), NOW, UNTIL) == Over(away="providers")


def test_a_full_provider_is_asked_when_the_others_are_full_too() -> None:
    full = Standing(full=True)
    assert next_step((A, B), {"a": full, "b": WELL}, (), NOW, UNTIL) == Call(model=B)
    assert next_step((A, B), {"a": full, "b": full}, (), NOW, UNTIL) == Call(model=A)


def test_nobody_is_waited_for_beyond_the_deadline() -> None:
    resting = {"a": Standing(from_at=UNTIL + 1)}
    assert next_step((A,), resting, (), NOW, UNTIL) == Over(away="providers")
    assert next_step((A,), ALL_WELL, (), UNTIL, UNTIL) == Over(away="deadline")


def test_what_cannot_be_paid_is_not_begun() -> None:
    assert next_step((A,), ALL_WELL, (), NOW, UNTIL, affordable=False) == Over(away="allowance")
    wrong = (tried(A, "schema"),)
    assert next_step((A, B), ALL_WELL, wrong, NOW, UNTIL, affordable=False) == Over(
        refused="schema"
    )


def test_without_models_it_is_over_at_once() -> None:
    assert next_step((), {}, (), NOW, UNTIL) == Over(away="no_models")


@given(
    st.lists(st.sampled_from([one for one in HEALTH if one != "ok"]), max_size=20),
    st.lists(st.floats(0, 40), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_it_ends_after_a_few_calls_whatever_they_bring(
    outcomes: list[TryOutcome], rests: list[float], broken: list[bool]
) -> None:
    standings = {
        name: Standing(from_at=NOW + rest if rest > 10 else 0.0, broken=is_broken)
        for name, rest, is_broken in zip("abc", rests, broken, strict=True)
    }
    now, calls = NOW, list[Tried]()
    for _ in range(40):
        step = next_step((A, B, C), standings, calls, now, UNTIL)
        if isinstance(step, Over):
            assert (step.refused is None) != (step.away is None)
            break
        if isinstance(step, Wait):
            assert now < step.until < UNTIL
            now = step.until
            continue
        assert standings[step.model.provider].from_at <= now
        calls.append(tried(step.model, outcomes.pop() if outcomes else "failed"))
    else:
        pytest.fail("it never ends")
    assert len(calls) <= TRIES_MAX
