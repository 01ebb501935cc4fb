"""One JSON line an event, with ids and without secrets."""

import subprocess
import sys

import asyncpg
import msgspec

from server.telemetry import logs

SCRIPT = """
import logging
import structlog
from server.telemetry import logs
logs.configure("info", node="3")
structlog.contextvars.bind_contextvars(tenant="t1")
log = structlog.get_logger("x")
log.debug("quiet")
log.info("class.joined", class_id="c1", token="eyJ", password="p", text="hello there")
logging.getLogger("aiohttp").warning("from a library")
try:
    raise ValueError("why")
except ValueError:
    log.exception("it.failed")
try:
    raise ConnectionRefusedError("away")
except OSError:
    logging.getLogger("asyncpg").warning("trying again", exc_info=True)
    logging.getLogger("asyncpg").error("it broke", exc_info=True)
"""


FULL = """
import os
import structlog
from server.telemetry import logs
logs.configure("info")
log = structlog.get_logger("x")
log.info("first")
kept = os.dup(2)
os.dup2(os.open("/dev/full", os.O_WRONLY), 2)
log.info("second")
log.info("third")
os.dup2(kept, 2)
log.info("fourth")
"""


def test_a_log_that_cannot_be_written_costs_lines_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=True)
    lines = [msgspec.json.decode(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["first", "log.lost", "fourth"]
    assert lines[1]["lines"] == 2


def test_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    joined, library, failed, passing, broken = (
        msgspec.json.decode(line) for line in done.stderr.splitlines()
    )
    assert joined["event"] == "class.joined"
    assert (joined["tenant"], joined["class_id"], joined["node"]) == ("t1", "c1", "3")
    assert {joined[name] for name in ("token", "password", "text")} == {"(withheld)"}
    assert library["event"] == "from a library"
    assert "ValueError: why" in failed["exception"]
    assert passing["reason"] == "ConnectionRefusedError"
    assert "Traceback" not in str(passing)
    assert "Traceback" in broken["exception"]


def test_what_the_database_says_of_a_row_is_in_no_traceback() -> None:
    """It holds the whole row: what a learner answered, what a teacher wrote for a model."""
    broken = asyncpg.CheckViolationError("new row violates check")
    broken.detail = "Failing row contains (secret words)."
    broken.table_name, broken.constraint_name = "answers", "answers_seq"
    shaped = asyncpg.DataError("invalid input for query argument $1: 'secret words'")
    try:
        try:
            raise broken
        except asyncpg.PostgresError as error:
            raise ExceptionGroup("two", [LookupError("ours"), shaped]) from error
    except ExceptionGroup as group:
        told = logs.traced((type(group), group, group.__traceback__))
    assert "secret" not in told
    assert "CheckViolationError: 23514 answers answers_seq" in told
    assert "LookupError: ours" in told
    assert "DataError" in told
    assert __file__ in told
