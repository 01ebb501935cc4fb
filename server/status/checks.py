"""Asks each dependency whether it answers, within a budget, and remembers since when it is as it is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from server.clock import moment
from server.telemetry.metrics import PrometheusMeters
from signaling.context import Clock

BUDGET_SECONDS = 1.0
FRESH_SECONDS = 1.0  # a herd of probes is one check

Name = Literal["web", "database", "redis", "workers", "classes", "media"]
State = Literal["ok", "degraded", "down"]
Probe = Callable[[], Awaitable[None]]  # raises when the dependency is not to be had

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One dependency: how to ask it, whether everything stops without it, and what people are told then."""

    name: Name
    probe: Probe
    required: bool
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one dependency is, and since when."""

    name: Name
    state: State
    since: datetime
    detail: str


class Checks:
    """The latest findings; `draining` makes this node unready without saying that anything is wrong."""

    def __init__(
        self, components: list[Component], meters: PrometheusMeters, clock: Clock
    ) -> None:
        self.draining = False
        self._components = components
        self._meters = meters
        self._clock = clock
        self._checked_at = float("-inf")
        self._findings: Mapping[str, Finding] = {}
        self._lock = asyncio.Lock()

    async def findings(self) -> list[Finding]:
        """All components in order, checked at most once a second."""
        async with self._lock:
            if self._clock.monotonic() - self._checked_at >= FRESH_SECONDS:
                states = await asyncio.gather(
                    *(self._ask(component) for component in self._components)
                )
                self._findings = {
                    component.name: self._finding(component, state)
                    for component, state in zip(self._components, states, strict=True)
                }
                self._checked_at = self._clock.monotonic()
        return list(self._findings.values())

    async def ready(self) -> bool:
        """True when this node should be given requests."""
        found = await self.findings()
        return not self.draining and all(finding.state != "down" for finding in found)

    async def _ask(self, component: Component) -> State:
        try:
            async with asyncio.timeout(BUDGET_SECONDS):
                await component.probe()
        except Exception:  # noqa: BLE001 - whatever it raises, it is not to be had; the state says so
            return "down" if component.required else "degraded"
        return "ok"

    def _finding(self, component: Component, state: State) -> Finding:
        self._meters.gauge("dependency_up", float(state == "ok"), {"name": component.name})
        before = self._findings.get(component.name)
        if before is not None and before.state == state:
            return before
        if before is not None:
            _log.warning("dependency.changed", component=component.name, state=state)
        now = moment(self._clock.wall_ms())
        detail = "" if state == "ok" else component.without
        return Finding(name=component.name, state=state, since=now, detail=detail)


def overall(findings: list[Finding]) -> State:
    """The worst of them."""
    states = {finding.state for finding in findings}
    return "down" if "down" in states else "degraded" if "degraded" in states else "ok"
