"""openapi.json is what the routes say, whole and fresh."""

from pathlib import Path

import msgspec

from server.problems import STATUS, TITLES
from server.rest import openapi
from server.rest.call import PREFIX
from server.rest.routes import ROUTES

# A start told twice opens the attempt that runs: what it creates is found by learner and assessment.
OWN_KEY = {"start_attempt"}
FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_the_committed_description_is_fresh() -> None:
    assert FILE.read_bytes() == openapi.encoded(ROUTES, PREFIX), "run `make gen`"


def test_every_reference_leads_somewhere() -> None:
    text = FILE.read_text(encoding="utf-8")
    known = msgspec.json.decode(text)["components"]["schemas"]
    for piece in text.split('"#/components/schemas/')[1:]:
        assert piece.split('"')[0] in known


def test_every_operation_has_a_name_of_its_own_and_says_how_it_refuses() -> None:
    description = msgspec.json.decode(FILE.read_bytes())
    operations = [one for path in description["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names) == len(ROUTES)
    for one in operations:
        for status, response in one["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"]
        if one["security"]:
            assert "401" in one["responses"]
        assert one["tags"]
        assert one["description"]


def test_a_route_that_creates_needs_a_key() -> None:
    for route in ROUTES:
        if route.status == 201 and route.auth == "access" and route.name not in OWN_KEY:
            assert route.keyed == "must", route.name
        if route.method in ("PATCH", "DELETE") and route.auth == "access":
            assert route.keyed != "no" or route.name == "sign_out", route.name


def test_every_status_has_a_title() -> None:
    assert set(STATUS.values()) <= TITLES.keys()
