"""Briefs become items before reviewers: by models, by rules when nobody can be asked, within the budget, once."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.exams import exam_in
from tests.support.factory import Factory, brief, providers
from tests.support.scripted_models import ScriptedModels
from tests.support.stores import Stores
from tests.support.workshop import Workshop, workshop

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
async def shop(stores: Stores, valkey_url: str) -> AsyncIterator[Workshop]:
    url = await stores.fresh_database()
    async with workshop(url, valkey_url, Path(tempfile.mkdtemp())) as made:
        yield made
    await stores.drop_database(url)


@pytest.fixture
async def factory(shop: Workshop) -> Factory:
    """A school of its own for each test."""
    return Factory(shop=shop, exam=await exam_in(shop.means.database))


@pytest.fixture
async def models() -> AsyncIterator[ScriptedModels]:
    async with ScriptedModels().listening() as server:
        yield server


async def test_models_make_items_step_by_step_and_each_step_is_written_down(
    factory: Factory, models: ScriptedModels
) -> None:
    factory.providers = providers(models)
    job = await factory.ask(brief(kinds=["single_choice", "true_false", "numeric"], count=6))
    await factory.work()
    row = await factory.row(job)
    assert (row["state"], row["reason"], row["tier"]) == ("done", "", "small"), row
    assert row["passed"] >= 4, row
    staged = await factory.staged(job)
    assert len(staged) == row["passed"]


async def test_without_any_model_the_rules_make_items_from_the_source(factory: Factory) -> None:
    job = await factory.ask(brief(kinds=["single_choice", "true_false", "numeric"], count=6))
    await factory.work()
    row = await factory.row(job)
    assert (row["state"], row["reason"], row["tier"]) == ("done", "", "rules")
    assert row["made"] == 6
    assert row["passed"] + row["dropped"] == 6
    assert row["passed"] >= 4
    assert row["tokens_in"] == row["tokens_out"] == 0
    staged = await factory.staged(job)
    assert len(staged) == row["passed"]
