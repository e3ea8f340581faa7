"""The document against the implementation: nothing is promised that is not so."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web.house import House, house_in
from web.app import DOCUMENT, ROUTES
from web.gate import API

EXAMPLES = int(os.environ.get("HOTLINE_EXAMPLES", "6"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


def test_the_document_is_openapi() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_row_is_in_the_document_and_nothing_else() -> None:
    written = {
        (method.upper(), path) for path, rows in DOCUMENT["paths"].items() for method in rows
    }
    assert written == {(route.method, API + route.path) for route in ROUTES}
    ids = [row["operationId"] for rows in DOCUMENT["paths"].values() for row in rows.values()]
    assert len(ids) == len(set(ids))


async def test_the_router_is_made_of_the_same_rows(house: House) -> None:
    registered = {
        (route.method, route.resource.canonical)
        for route in house.server._runner.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(API)
    }
    assert registered == {(route.method, API + route.path) for route in ROUTES}


async def test_what_the_websocket_sends_is_as_the_document_says(house: House) -> None:
    """A screen's types are made from the document: every message must be one of them."""
    watch = DOCUMENT["paths"][f"{API}/live/ws"]["get"]
    kinds = {"board": "LiveBoard", "changes": "Delta", "beat": "Beat"}
    assert [ref["$ref"].rsplit("/", 1)[1] for ref in watch["x-sends"]] == list(kinds.values())
    watcher = await house.client("chief", "supervisor", phone="")
    heard = set()
    async with watcher.watch() as ws:
        await house.seated("zhang")
        await house.over(await house.talking("zhang"))
        async with asyncio.timeout(30):
            while not {"board", "changes"} <= heard:
                message = await ws.receive_json()
                heard.add(message["type"])
                schema = {
                    "$ref": f"#/components/schemas/{kinds[message['type']]}",
                    "components": DOCUMENT["components"],
                }
                Draft202012Validator(schema).validate(message)


class Background:
    """A house in a thread with a loop of its own: schemathesis asks it from outside."""

    def __init__(self, folder: Path) -> None:
        self.ready: Future[dict[str, Any]] = Future()
        self._over = threading.Event()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(folder,), name="house")
        self._thread.start()

    def _run(self, folder: Path) -> None:
        try:
            self.loop.run_until_complete(self._live(folder))
        except BaseException as error:
            if not self.ready.done():
                self.ready.set_exception(error)
            raise
        finally:
            self.loop.close()

    async def _live(self, folder: Path) -> None:
        self._stop = asyncio.Event()
        async with house_in(folder) as house:
            chief = await house.client("chief", "admin", phone="phone-chief")
            house.pbx.phone("phone-chief").manner = "ring"
            assert (await chief.post("/seats/8001/sign-in")).status == 200
            assert (await chief.post("/seats/8001/ready")).status == 200
            served = await house.talking("chief")
            await house.over(served)
            left = house.pbx.dial("13800000002")
            await house.over(left)
            assert (await chief.post("/reports/2026-05")).status == 200
            self.ready.set_result(
                {
                    "address": house.address,
                    "token": chief.token,
                    "call": served.call_id,
                    "month": "2026-05",
                }
            )
            await self._stop.wait()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    background = Background(tmp_path_factory.mktemp("house"))
    try:
        yield background.ready.result(timeout=30)
    finally:
        background.stop()


def bounded(test: Callable[..., None]) -> Any:
    return settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="HOTLINE_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )(test)


# Those that end the session everything else here needs, and the websocket.
CLOSING = ("delete-session", "post-me-password", "get-live-ws")
# What JSON Schema cannot say makes these refuse what looks right: a name that is taken, a check
# digit, a cursor that is not ours, a change that changes nothing, what is no month.
DISCERNING = (
    "post-people",
    "get-calls",
    "get-slips",
    "patch-slips-call",
    "get-reports-month",
    "post-reports-month",
    "get-reports-month-file-form",
)


@SCHEMA.exclude(operation_id=list(CLOSING)).parametrize()
@bounded
def test_answers_are_as_the_document_says(case: Any, live: dict[str, Any]) -> None:
    """Good requests and bad ones: every status, body and header is one that is written down."""
    if "call" in case.path_parameters and case.meta.generation.mode.value == "positive":
        case.path_parameters["call"] = live["call"]
    if "month" in case.path_parameters and case.meta.generation.mode.value == "positive":
        case.path_parameters["month"] = live["month"]
    discerning = case.operation.definition.raw["operationId"] in DISCERNING
    case.call_and_validate(
        base_url=live["address"],
        headers={"Authorization": f"Bearer {live['token']}"},
        excluded_checks=[positive_data_acceptance] if discerning else [],
    )


@SCHEMA.include(operation_id=list(CLOSING)).parametrize()
@bounded
def test_without_signing_in_nothing_happens(case: Any, live: dict[str, Any]) -> None:
    case.call_and_validate(base_url=live["address"])
