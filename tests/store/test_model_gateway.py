"""The gateway against providers that listen and misbehave: timelines of detours, rests, probes, and of what is never sent."""

import asyncio
import contextlib
import json
import logging
import math
from collections.abc import AsyncIterator, Iterator

import pytest

from lms.ai.asks import (
    VECTOR_DIMENSIONS,
    Answered,
    Ask,
    Away,
    Embedded,
    Message,
    ModelTier,
    Outcome,
    Refused,
    most_tokens,
)
from lms.ai.client import gateway
from lms.ai.gateway import EMBED_TEXTS_MAX, Gateway
from lms.ai.lines import RETRY_AFTER_MOST_S
from lms.ai.prompts import Objective
from lms.ai.providers import parse
from server.telemetry.metrics import PrometheusMeters
from tests.support.scripted_models import ScriptedModels

# With one that hangs; the others get theirs, so that a busy machine makes no provider slow.
PATIENCE_S = 0.4
LONG_PATIENCE_S = 10.0
# What a busy machine may add; loadtests/scenarios/models.py holds the real patience to the real margin.
MARGIN_S = 2.0
HANGS = frozenset({"hang", "drip"})
KEY = "sk-very-secret-0123456789"
WORDS = "How does the heart work?"


class Room:
    """Two providers, a gateway over them, and a clock that can be set forward; `patience_s` is with the first."""

    def __init__(self, first: ScriptedModels, second: ScriptedModels) -> None:
        self.first = first
        self.second = second
        self.meters = PrometheusMeters()
        self.patience_s = LONG_PATIENCE_S
        self.ahead_s = 0.0
        self.chance = 0.0

    def will(self, *steps: str) -> None:
        """What the first provider does to its next calls."""
        self.first.will(*steps)
        self.patience_s = LONG_PATIENCE_S if HANGS.isdisjoint(steps) else PATIENCE_S

    def steady(self) -> float:
        return asyncio.get_running_loop().time() + self.ahead_s

    @contextlib.asynccontextmanager
    async def gateway(self, *, alone: bool = False, more: str = "") -> AsyncIterator[Gateway]:
        """Over both providers, or the first alone; `more` goes to the end of their file."""
        file = _file(self.first.base_url, "" if alone else self.second.base_url) + more
        opened = gateway(
            parse(file, {"KEY": KEY}),
            self.meters,
            self.steady,
            lambda: self.chance,
            call_s=self.patience_s,
        )
        try:
            yield opened
        finally:
            await opened.close()

    @property
    def figures(self) -> str:
        return self.meters.text().decode()


def _file(first: str, second: str) -> str:
    named = [("a", first), *([("b", second)] if second else [])]
    providers = [
        f'[[provider]]\nname = "{name}"\nbase_url = "{url}"\nat_once = 2\n'
        + ('key_env = "KEY"\n' if name == "a" else "")
        for name, url in named
    ]
    models = [
        f'[[model]]\nprovider = "{name}"\nname = "quick-{name}"\ntier = "small"\n'
        "micros_in = 1.0\nmicros_out = 2.0\n"
        + (f"patience_s = {LONG_PATIENCE_S}\n" if name == "b" else "")
        for name, _ in named
    ]
    return "\n".join([*providers, *models])


@pytest.fixture(scope="module", autouse=True)
async def _warm() -> None:
    """The first call of a process loads much of the SDK: that is no provider's slowness."""
    async with ScriptedModels().listening() as first:
        models = gateway(
            parse(_file(first.base_url, ""), {"KEY": KEY}),
            PrometheusMeters(),
            asyncio.get_running_loop().time,
            lambda: 0.5,
        )
        await models.ask(question())
        await models.embed(["one"])
        await models.close()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with ScriptedModels().listening() as first, ScriptedModels().listening() as second:
        yield Room(first, second)


def question(
    text: str = WORDS,
    *,
    tier: ModelTier = "small",
    allowance: int = 100_000,
    deadline_s: float = 10.0,
    unlike: str = "",
) -> Ask:
    return Ask(
        messages=(Message(role="system", text="Be brief."), Message(role="user", text=text)),
        shape=Objective,
        tier=tier,
        max_tokens=200,
        allowance_tokens=allowance,
        deadline_s=deadline_s,
        unlike=unlike,
    )


def outcomes(outcome: Outcome | Embedded) -> list[tuple[str, str]]:
    return [(one.provider, one.outcome) for one in outcome.tries]


# --- Timelines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("429:30", "busy"),
        ("429", "busy"),
        ("500", "failed"),
        ("503:30", "failed"),
        ("400", "declined"),
        ("401", "denied"),
        ("hang", "slow"),
        ("drip", "slow"),
        ("garbage", "garbage"),
        ("page", "garbage"),
        ("say:{}", "schema"),
        ("say:[[[[[[[[[[[[", "huge"),
        ("wrong_schema", "schema"),
        ("truncated", "truncated"),
        ("huge", "huge"),
        ("packed", "huge"),
        ("declined", "declined"),
        ("filtered", "declined"),
        ("thought", "truncated"),
        ("529", "failed"),
        ("fault:429:insufficient_quota", "denied"),
        ("fault:400:content_filter", "declined"),
        ("within:429", "busy"),
        ("until:429:30", "busy"),
        ("cut", "failed"),
        ("302", "denied"),
        ("coded:500:zlib", "failed"),
        ("coded:500:undefined", "failed"),
        ("raw:", "garbage"),
        ('raw:{"choices": []}', "garbage"),
        ('raw:{"choices": [{"message": {"content": ["a"]}}]}', "garbage"),
        pytest.param("raw:" + '{"choices":' * 50_000, "garbage", id="deep"),
        pytest.param("raw:" + '{"x":' + "[" * 500_000, "garbage", id="deep-beside"),
    ],
)
async def test_whatever_the_first_does_the_next_provider_answers_in_time(
    room: Room, step: str, outcome: str
) -> None:
    room.will(step)
    async with room.gateway() as models:
        answer = await models.ask(question())
    assert isinstance(answer, Answered)
    assert (answer.provider, answer.tier) == ("b", "small")
    assert outcomes(answer) == [("a", outcome), ("b", "ok")]
    detour_s = room.second.heard[0].at - room.first.heard[0].at
    assert detour_s <= PATIENCE_S + MARGIN_S
    if outcome == "slow":
        # By the gateway's own clock: on a busy machine a call is heard a while after it was begun.
        assert answer.tries[0].took_ms >= PATIENCE_S * 900
    assert f'provider="a",outcome="{outcome}"' in room.figures or (
        f'outcome="{outcome}",provider="a"' in room.figures
    )


async def test_one_that_hung_is_left_alone_until_one_probe_finds_it_well(room: Room) -> None:
    room.will("hang")
    # It has to answer within this later on, however busy the machine is.
    room.patience_s = 3 * PATIENCE_S
    async with room.gateway() as models:
        await models.ask(question())
        for _ in range(3):
            await models.ask(question())
        assert len(room.first.heard) == 1
        assert len(room.second.heard) == 4

        room.ahead_s += 1.0
        room.first.will("late:0.1")
        answers = await asyncio.gather(*(models.ask(question()) for _ in range(4)))
        assert all(isinstance(one, Answered) for one in answers)
        assert len(room.first.heard) == 2, "the probe alone"

        await models.ask(question())
        assert len(room.first.heard) == 3, "it is well again"


async def test_a_probe_that_hangs_doubles_the_pause(room: Room) -> None:
    room.first.always = "hang"
    room.patience_s = PATIENCE_S
    async with room.gateway() as models:
        for ahead_s, calls in ((0.0, 1), (0.8, 2), (0.8, 2), (0.8, 3)):
            room.ahead_s += ahead_s
            await models.ask(question())
            assert len(room.first.heard) == calls


async def test_who_is_alone_is_asked_again_after_the_pause_that_it_asked_for(room: Room) -> None:
    room.first.will("429:0.3")
    async with room.gateway(alone=True) as models:
        answer = await models.ask(question())
    assert outcomes(answer) == [("a", "busy"), ("a", "ok")]
    one, other = room.first.heard
    assert 0.3 <= other.at - one.at <= 0.3 * 1.1 + MARGIN_S


async def test_without_a_word_of_when_pauses_grow_and_are_jittered(room: Room) -> None:
    room.first.will("429", "500")
    async with room.gateway(alone=True) as models:
        answer = await models.ask(question())
    assert outcomes(answer) == [("a", "busy"), ("a", "failed"), ("a", "ok")]
    first, second, third = (one.at for one in room.first.heard)
    assert second - first >= 0.25 * 0.5
    assert third - second >= 0.5 * 0.5


@pytest.mark.parametrize("told", ["soon", "-5", "1e400"])
async def test_a_pause_that_is_none_counts_as_not_told(room: Room, told: str) -> None:
    room.first.will(f"429:{told}")
    async with room.gateway(alone=True) as models:
        answer = await models.ask(question(deadline_s=3.0))
    assert outcomes(answer) == [("a", "busy"), ("a", "ok")]


@pytest.mark.parametrize(
    "usage", ['{"prompt_tokens": true, "completion_tokens": -1}', "[1]", '"many"', "{}", "null"]
)
async def test_figures_that_are_none_are_counted_by_us(room: Room, usage: str) -> None:
    answer = json.dumps(json.dumps({"objective": "To know.", "quote": "", "misconception": ""}))
    choice = f'[{{"message": {{"content": {answer}}}, "finish_reason": "stop"}}]'
    room.first.will(f'raw:{{"choices": {choice}, "usage": {usage}}}')
    async with room.gateway(alone=True) as models:
        answered = await models.ask(question())
    assert isinstance(answered, Answered)
    assert answered.tokens_in > 10
    assert 0 < answered.tokens_out < 200


async def test_everybody_heeds_what_one_was_told_and_a_minute_is_the_most(room: Room) -> None:
    room.first.will("429:100000")
    async with room.gateway(alone=True) as models:
        for _ in range(3):
            answer = await models.ask(question())
            assert isinstance(answer, Away)
            assert answer.reason == "providers"
        assert len(room.first.heard) == 1
        room.ahead_s += RETRY_AFTER_MOST_S * 1.1
        assert isinstance(await models.ask(question()), Answered)


async def test_an_outage_of_all_costs_few_calls_and_is_told_at_once(room: Room) -> None:
    room.first.always = room.second.always = "500"
    async with room.gateway() as models:
        while models.reachable("small"):
            answer = await models.ask(question())
            assert isinstance(answer, Away)
        calls = len(room.first.heard) + len(room.second.heard)
        begun = room.steady()
        answers = [await models.ask(question()) for _ in range(20)]
        assert all(isinstance(one, Away) and not one.tries for one in answers)
        assert room.steady() - begun < MARGIN_S
        assert len(room.first.heard) + len(room.second.heard) == calls <= 6
        room.ahead_s += 1.1
        assert models.reachable("small"), "a probe may go"


async def test_answers_that_are_none_are_asked_for_twice_and_not_more(room: Room) -> None:
    room.first.always = room.second.always = "wrong_schema"
    async with room.gateway() as models:
        answer = await models.ask(question())
        assert isinstance(answer, Refused)
        assert (answer.reason, len(answer.tries)) == ("schema", 2)
        assert models.reachable("small"), "who answers is well"


async def test_no_more_calls_are_under_way_than_a_provider_has_places(room: Room) -> None:
    room.first.always = "late:0.02"
    async with room.gateway(alone=True) as models:
        answers = await asyncio.gather(*(models.ask(question()) for _ in range(7)))
    assert all(isinstance(one, Answered) for one in answers)
    assert room.first.most_at_once == 2


async def test_the_end_of_the_ask_is_the_end_and_no_fault_of_the_provider(room: Room) -> None:
    room.first.always = "hang"
    async with room.gateway(alone=True) as models:
        begun = room.steady()
        answer = await models.ask(question(deadline_s=0.1))
        assert isinstance(answer, Away)
        assert outcomes(answer) == [("a", "slow")]
        assert room.steady() - begun <= 0.1 + MARGIN_S
        assert models.reachable("small")


async def test_who_stops_waiting_gives_the_place_back(room: Room) -> None:
    room.first.will("hang", "hang")
    async with room.gateway(alone=True) as models:
        waiting = [asyncio.ensure_future(models.ask(question())) for _ in range(2)]
        while len(room.first.heard) < 2:
            await asyncio.sleep(0.005)
        for one in waiting:
            one.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended)
        assert isinstance(await models.ask(question()), Answered)


async def test_a_model_that_is_known_to_think_for_long_gets_its_time(room: Room) -> None:
    room.first.will(f"late:{PATIENCE_S * 1.3}")
    room.patience_s = PATIENCE_S
    thinker = STRONG + "patience_s = 5\n"
    async with room.gateway(more=thinker) as models:
        answer = await models.ask(question(tier="strong"))
    assert outcomes(answer) == [("a", "ok")]


# --- Tiers -------------------------------------------------------------------------------------------

STRONG = '[[model]]\nprovider = "a"\nname = "strong-a"\ntier = "strong"\n'


async def test_strong_falls_to_small_when_its_provider_is_away(room: Room) -> None:
    async with room.gateway(more=STRONG) as models:
        answer = await models.ask(question(tier="strong"))
        assert isinstance(answer, Answered)
        assert (answer.model, answer.tier) == ("strong-a", "strong")
        room.first.always = "500"
        answer = await models.ask(question(tier="strong"))
        assert isinstance(answer, Answered)
        assert (answer.model, answer.tier) == ("quick-b", "small")


async def test_small_asks_never_reach_a_strong_model(room: Room) -> None:
    room.second.always = "500"
    async with room.gateway(more=STRONG.replace('"a"', '"b"')) as models:
        room.first.always = "500"
        await models.ask(question())
    assert {one.model for one in room.first.heard + room.second.heard} == {"quick-a", "quick-b"}


async def test_another_model_than_the_writer_is_asked_if_there_is_one(room: Room) -> None:
    async with room.gateway() as models:
        answer = await models.ask(question(unlike="quick-a"))
        assert isinstance(answer, Answered)
        assert answer.model == "quick-b"
    async with room.gateway(alone=True) as models:
        answer = await models.ask(question(unlike="quick-a"))
        assert isinstance(answer, Answered)
        assert answer.model == "quick-a"


# --- What it costs -----------------------------------------------------------------------------------


async def test_tokens_are_what_the_provider_tells_and_all_tries_count(room: Room) -> None:
    room.first.will("wrong_schema")
    async with room.gateway() as models:
        answer = await models.ask(question())
    assert len(answer.tries) == 2
    for one in answer.tries:
        assert 0 < one.tokens_in < 30
        assert one.tokens_out > 0
        assert one.cost_micros == one.tokens_in + 2 * one.tokens_out
    assert answer.cost_micros == sum(one.cost_micros for one in answer.tries)


@pytest.mark.parametrize("step", ["untold", "hang", "page", "huge"])
async def test_what_is_not_told_counts_at_its_most(room: Room, step: str) -> None:
    room.will(step)
    async with room.gateway() as models:
        one = (await models.ask(question())).tries[0]
    told = await _told_tokens(room)
    assert one.tokens_in + one.tokens_out <= most_tokens(question().messages, 200, shape=Objective)
    assert one.tokens_in > told
    assert one.tokens_out > 0


async def _told_tokens(room: Room) -> int:
    async with room.gateway() as models:
        return (await models.ask(question())).tries[-1].tokens_in


@pytest.mark.parametrize("step", ["429", "500", "401", "400"])
async def test_what_was_turned_away_costs_nothing(room: Room, step: str) -> None:
    room.will(step)
    async with room.gateway() as models:
        one = (await models.ask(question())).tries[0]
    assert (one.tokens_in, one.tokens_out, one.cost_micros) == (0, 0, 0)


async def test_no_call_is_begun_that_might_pass_the_allowance(room: Room) -> None:
    once = most_tokens(question().messages, 200, shape=Objective)
    room.will("hang")
    async with room.gateway() as models:
        answer = await models.ask(question(allowance=once - 1))
        assert isinstance(answer, Away)
        assert (answer.reason, answer.tries) == ("allowance", ())
        answer = await models.ask(question(allowance=2 * once - 1))
        assert isinstance(answer, Away)
        assert outcomes(answer) == [("a", "slow")]
        assert answer.tokens_in + answer.tokens_out <= once
    assert room.second.heard == []


# --- What is never sent or told -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Make an item for mona.hassan@riverside.edu.",
        "The learner 0192f0c1-7b5e-7c3a-9d2e-3f1a2b4c5d6e is weak here.",
        "Call +20 100 123 4567.",
    ],
)
async def test_a_prompt_that_names_somebody_goes_nowhere(room: Room, text: str) -> None:
    async with room.gateway(more=VECTORS) as models:
        answer = await models.ask(question(text))
        assert isinstance(answer, Refused)
        assert (answer.reason, answer.tries) == ("personal", ())
        embedded = await models.embed(["fine", text])
        assert isinstance(embedded, Refused)
    assert room.first.heard == room.second.heard == []
    assert "model_prompts_refused_total" in room.figures


async def test_a_request_holds_the_prompt_and_its_schema_and_nothing_of_us(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "of-somebody-else")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    room.first.will("500")
    async with room.gateway() as models:
        assert isinstance(await models.ask(question()), Answered)
    with_key, without = room.first.heard[0], room.second.heard[0]
    assert with_key.headers.pop("authorization") == f"Bearer {KEY}"
    for heard in (with_key, without):
        assert set(heard.headers) <= {
            "host",
            "accept",
            "accept-encoding",
            "content-type",
            "content-length",
        }
        assert set(heard.body) == {
            "model",
            "messages",
            "response_format",
            "max_completion_tokens",
        }
        assert [one["content"] for one in heard.body["messages"]] == ["Be brief.", WORDS]
        told = heard.body["response_format"]["json_schema"]
        assert (told["name"], told["strict"]) == ("Objective", True)
        assert told["schema"]["additionalProperties"] is False


@contextlib.contextmanager
def loudly() -> Iterator[None]:
    """Everything that logs is told to tell all."""
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logging.getLogger().setLevel(logging.WARNING)


async def test_neither_prompt_nor_answer_nor_key_is_in_a_log_or_a_figure(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    steps = ("429:0.1", "500", "401", "hang", "garbage", "say:PECULIAR", "huge", "ok")
    with loudly(), caplog.at_level(logging.DEBUG):
        for step in steps:
            room.will(step)
            async with room.gateway() as models:
                answer = await models.ask(question("An ABSTRUSE prompt"))
                shown = repr(answer.tries) + repr(models)
                assert not any(word in shown for word in (KEY, "ABSTRUSE", "PECULIAR"))
    told = caplog.text + room.figures
    assert not any(word in told for word in (KEY, "ABSTRUSE", "PECULIAR", "127.0.0.1"))


# --- Vectors -----------------------------------------------------------------------------------------

VECTORS = '[[model]]\nprovider = "a"\nname = "vectors"\ntier = "embedding"\n'
VECTORS_OF_B = VECTORS.replace('"a"', '"b"') + f"patience_s = {LONG_PATIENCE_S}\n"


async def embedded(models: Gateway, texts: list[str]) -> Embedded:
    found = await models.embed(texts)
    assert isinstance(found, Embedded)
    assert found.space == models.space
    for vector in found.vectors:
        assert len(vector) == VECTOR_DIMENSIONS
        assert math.isclose(math.fsum(one * one for one in vector), 1.0, rel_tol=1e-6)
    return found


async def test_vectors_come_in_batches_and_in_order(room: Room) -> None:
    texts = [f"text {number}" for number in range(EMBED_TEXTS_MAX + 3)]
    async with room.gateway(more=VECTORS) as models:
        found = await embedded(models, [*texts, ""])
        assert [len(one.body["input"]) for one in room.first.heard] == [EMBED_TEXTS_MAX, 4]
        assert found.tokens_in > 0
        alone = await embedded(models, [texts[-1]])
    assert alone.vectors[0] == found.vectors[-2]


async def test_dimensions_are_asked_for_where_the_file_says_so(room: Room) -> None:
    async with room.gateway(more=VECTORS + "dimensions = 256\n") as models:
        assert (await embedded(models, ["one"])).space == "vectors:256"
    assert room.first.heard[0].body["dimensions"] == 256


@pytest.mark.parametrize("step", ["hang", "500", "wrong_schema", "garbage", "packed", "page"])
async def test_the_same_model_elsewhere_stands_in(room: Room, step: str) -> None:
    room.will(step)
    async with room.gateway(more=VECTORS + VECTORS_OF_B) as models:
        found = await embedded(models, ["one", "two"])
    assert [one.provider for one in found.tries] == ["a", "b"]


async def test_vectors_of_another_model_never_stand_in(room: Room) -> None:
    room.first.always = "500"
    other = VECTORS_OF_B.replace("vectors", "others")
    async with room.gateway(more=VECTORS + other) as models:
        assert isinstance(await models.embed(["one"]), Away)
    assert room.second.heard == []


async def test_without_an_embedding_model_n_grams_do(room: Room) -> None:
    async with room.gateway() as models:
        found = await embedded(models, ["one", "somebody@riverside.edu"])
    assert found.space == "ngram-1"
    assert room.first.heard == []
