"""The Prometheus registry, counters and histograms by name, the lag of the event loop, and the text of /metrics."""

import asyncio
import itertools
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.process_collector import ProcessCollector

LAG_SECONDS = 0.1
SERIES_MAX = (
    500  # label sets a metric may have; more is a mistake, and goes to one series named "other"
)

_TIMES_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

Kind = Literal["counter", "gauge", "histogram"]


# What each metric says. A name that is not here still works; a test sees to it that all are here.
MEANINGS = {
    "http_requests_total": "Requests answered, by route and status.",
    "http_malformed_total": "Connections whose bytes were no HTTP, or that broke off.",
    "http_request_seconds": "Time from the head of a request to its answer, by route.",
    "refills_total": "Learners whose next lessons were chosen, by how it went.",
    "refill_seconds": "Time of choosing for one batch of learners, by whether it was urgent.",
    "refills_waiting": "Learners whose next lessons are to be chosen, as far as was looked.",
    "refill_lag_seconds": "For how long the oldest of the last batch had waited for its lessons.",
    "sign_ins_total": "Sign-ins, by outcome.",
    "loop_lag_seconds": "How late the event loop ran a timer.",
    "channels_published_total": "Messages written to sharded channels.",
    "channels_dropped_total": "Messages not written or refused: the server was away, moved or slow.",
    "channels_refused_total": "Commands of the channels that the server refused.",
    "channels_hearer_failed_total": "Messages whose hearer raised.",
    "channels_healthy": "1 while every master of Redis is connected.",
    "commit_batch_rows": "Rows of one group commit.",
    "commit_seconds": "Time of one group commit.",
    "commit_refused_total": "Rows turned away because too many were waiting.",
    "audit_dropped_total": "Refused tries that could not be written down.",
    "exam_unsaved_rows": "Answers that waited in a browser when it last spoke.",
    "exam_clock_away_seconds": "How far the database's clock is from the clock of exams.",
    "exam_clock_steps_total": "Steps of the database's clock that exams did not follow.",
    "exam_clock_unread_total": "Readings of the database's clock that failed.",
    "object_bytes_total": "Bytes of files that came in or went out whole, by way.",
    "dependency_up": "1 while the dependency answers, by name.",
    "class_owners": "Classes that this node owns.",
    "class_owners_stepped_down_total": "Classes that this node owned and owns no longer.",
    "class_commands_total": "Commands decided by the owners of this node, by kind and outcome.",
    "class_events_total": "Events committed to class logs by this node, by type.",
    "class_joins_total": "Browsers let into classes owned here, by how: snapshot or replay.",
    "class_events_mended_total": "Events that a channel lost and the log gave.",
    "class_rounds_waited_total": "Seconds that commands waited for a lease that was late.",
    "class_unreachable_total": "Questions that no owner answered in time.",
    "class_losses_deferred_total": "Lost people whose leaving could not be logged yet, by code.",
    "class_reactions_dropped_total": "Reactions above the rate of a class.",
    "class_quiet_asks_failed_total": "Questions to an owner that nobody waited for and that failed, by code.",
    "class_tasks_failed_total": "Background tasks of classes that ended with a fault.",
    "bus_letters_mailed_total": "Questions and answers between nodes that went by the database.",
    "bus_mail_failed_total": "Looks for mail that the database did not answer.",
    "bus_posts_dropped_total": "Frames to other nodes dropped because too many waited.",
    "bus_questions_dropped_total": "Questions of other nodes dropped because too many were being answered.",
    "lease_renewals_failed_total": "Renewals of this node's lease that failed.",
    "media_orders_dropped_total": "Orders to the SFU dropped because too many waited.",
    "wire_sockets": "Open Socket.IO connections, by transport.",
    "wire_messages_in_total": "Socket.IO packets that came in.",
    "wire_messages_out_total": "Socket.IO packets sent, one for each receiver.",
    "wire_refused_total": "Requests turned away at the door, by reason.",
    "wire_cut_total": "Connections ended for what the browser did, by reason.",
    "wire_events_refused_total": "Events answered with a refusal, by code.",
    "wire_handler_failed_total": "Events whose handler failed, by event.",
    "media_orders_failed_total": "Orders to the SFU that it refused or did not answer.",
    "media_node": "Datagrams and connections at the media port, by event.",
    "media_kernel": "Packets in the forwarding kernel, by event.",
    "media_peers": "Media connections of this node.",
    "media_rooms": "Classes whose media this node carries.",
    "outbox_waiting": "Events that have no number yet.",
    "outbox_oldest_seconds": "How long the oldest event has waited for its number.",
    "events_numbered_total": "Events that this relay gave a number.",
    "events_taken_total": "Events taken in, by group of readers.",
    "events_read_from_log_total": "Events read from the log because the streams lacked them.",
    "streams_away_total": "Batches that could not be copied to the streams.",
    "stream_parts_claimed_total": "Entries of the streams taken over from consumers that had died.",
    "stream_parts_unreadable_total": "Entries of the streams that were none of ours.",
    "projection_lag_events": "Events that a reader has not taken in yet, by reader.",
    "dead_letters": "Events that a reader could not take in, by reader.",
    "dead_letters_total": "Events that a reader of this process gave up, by reader.",
    "worker_rounds_total": "Rounds that went well, by worker: one that stands still is dead.",
    "worker_failures_total": "Rounds that failed, by worker.",
    "worker_failing": "1 while the last round of a worker failed.",
    "attempts_scored_total": "Attempts given to the scorers, by what told of them: event or sweep.",
    "attempts_shut_total": "Attempts handed in because their time was up.",
    "attempts_failed_total": "Attempts that could not be scored or shut, by what was tried.",
    "chores_failed_total": "Chores that failed and are tried again in a minute: uploads, partitions or the calendar.",
    "items_ingested_total": "Accepted items that came into a bank.",
    "items_measured_total": "Items whose answers were looked at.",
    "items_held_total": "Items that their figures took out of use until somebody has looked at them.",
    "item_vectors_total": "Items that got a vector of their words.",
    "stock_asked_total": "Batches that the factory was asked for because there were too few items.",
    "partitions_ahead": "Weeks ahead for which every split table has its partition: fewer than 3 are an alarm.",
    "jobs": "Jobs of the last week, by state.",
    "jobs_ended_total": "Tries of jobs that ended here, by kind and how.",
    "model_calls_total": "Calls of models, by provider and outcome.",
    "model_call_seconds": "Time of one call of a model, by provider.",
    "model_tokens_total": "Tokens of models, by provider and way: in or out; untold ones are counted at their most.",
    "model_breaker_open": "1 while a provider of models is left alone, or on trial.",
    "model_prompts_refused_total": "Prompts that went nowhere because they held a trace of a person, by kind.",
    "generation_items_total": "Items that the content factory made, by tier and by gate: passed, or the one that turned it down.",
    "generation_forgotten_total": "Steps of jobs, and kept answers of models, that were forgotten because they were old.",
    "generation_steps_total": "Calls of models for items, by step and outcome; kept: served from an earlier answer, lost: its worker died in it.",
    "generation_tokens_total": "Tokens that the models told, by way: in or out.",
    "generation_cost_micros_total": "What the models cost, in millionths of the currency of config/models.toml.",
    "generation_jobs_ended_total": "Jobs of the content factory that this process ended, by state.",
    "shelf_looks_total": "Looks at what is kept in memory, by shelf and by whether it was there.",
    "lessons_redis_seconds": "Time from asking Redis for a lesson that waits to its answer.",
    "lessons_away_total": "Asks for a lesson that Redis did not answer.",
    "lessons_unmarked_total": "Keys of such asks that Redis could not be told of: asked again, they may get another lesson.",
    "refills_dropped_total": "Asks for the next lessons of a learner that could not be written down.",
    "media_control_dropped": "Questions and news of a media node dropped because too many waited.",
}


class PrometheusMeters:
    """Implements signaling.context.SwiftMeters; counters end in _total, histograms in _seconds, _bytes or _rows.

    Figures are kept in plain cells, as thousands of requests a second count here, and become the library's when somebody
    reads them. For one thread.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in the library
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._instruments: dict[str, _Instrument] = {}
        self._cells: dict[tuple[object, ...], _Cell] = {}
        self.registry.register(self)

    def count(self, name: str, labels: Mapping[str, str] | None = None, by: float = 1) -> None:
        """Add to a counter."""
        spelled = (name, *labels.items()) if labels else (name,)
        cell = self._cells.get(spelled) or self._cell("counter", spelled, labels or {})
        cell.total += by

    def observe(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Put a value into a histogram."""
        spelled = (name, *labels.items()) if labels else (name,)
        cell = self._cells.get(spelled) or self._cell("histogram", spelled, labels or {})
        cell.total += value
        cell.counts[bisect_left(cell.bounds, value)] += 1

    def counter(self, name: str, labels: Mapping[str, str] | None = None) -> Callable[[], None]:
        """What adds one to this series."""
        cell = self._cell("counter", (name, *(labels or {}).items()), labels or {})

        def count() -> None:
            cell.total += 1

        return count

    def observer(
        self, name: str, labels: Mapping[str, str] | None = None
    ) -> Callable[[float], None]:
        """What puts a value into this series."""
        cell = self._cell("histogram", (name, *(labels or {}).items()), labels or {})
        counts, bounds = cell.counts, cell.bounds

        def observe(value: float) -> None:
            cell.total += value
            counts[bisect_left(bounds, value)] += 1

        return observe

    def gauge(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Set a gauge."""
        spelled = (name, *labels.items()) if labels else (name,)
        cell = self._cells.get(spelled) or self._cell("gauge", spelled, labels or {})
        cell.total = value

    def text(self) -> bytes:
        """What /metrics answers for this node."""
        return generate_latest(self.registry)

    def collect(self) -> Iterable[Metric]:
        """The figures as the library knows them."""
        return [instrument.family(name) for name, instrument in self._instruments.items()]

    def _cell(self, kind: Kind, spelled: tuple[object, ...], labels: Mapping[str, str]) -> "_Cell":
        name = str(spelled[0])
        instrument = self._instruments.get(name)
        if instrument is None:
            instrument = _Instrument(kind=kind, labels=tuple(sorted(labels)), cells={})
            self._instruments[name] = instrument
        assert instrument.kind == kind, f"{name} is a {instrument.kind}"
        values = tuple(labels.get(label, "") for label in instrument.labels)
        known = instrument.cells.get(values)
        if known is None and values and len(instrument.cells) >= SERIES_MAX:
            return instrument.cells.setdefault(
                ("other",) * len(values), _Cell(_bounds(kind, name))
            )
        cell = known or instrument.cells.setdefault(values, _Cell(_bounds(kind, name)))
        if len(labels) == len(instrument.labels):
            self._cells[spelled] = cell
        return cell


def _bounds(kind: Kind, name: str) -> tuple[float, ...]:
    if kind != "histogram":
        return ()
    return _TIMES_S if name.endswith("_seconds") else _COUNTS


class _Cell:
    """One series: a counter's or a gauge's value, or a histogram's sum with how many fell below each bound and not the one before."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instrument:
    kind: Kind
    labels: tuple[str, ...]
    cells: dict[tuple[str, ...], _Cell]

    def family(self, name: str) -> Metric:
        """As the library has it."""
        full, meaning = f"lectern_{name}", MEANINGS.get(name, name.replace("_", " "))
        if self.kind == "histogram":
            spread = HistogramMetricFamily(full, meaning, labels=self.labels)
            for values, cell in self.cells.items():
                spread.add_metric(values, _cumulated(cell), cell.total)
            return spread
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        plain = make(full, meaning, labels=self.labels)
        for values, cell in self.cells.items():
            plain.add_metric(values, cell.total)
        return plain


def _cumulated(cell: _Cell) -> list[tuple[str, float]]:
    bounds = [*(str(float(bound)) for bound in cell.bounds), "+Inf"]
    return list(zip(bounds, itertools.accumulate(cell.counts), strict=True))


async def watch_loop_lag(meters: PrometheusMeters) -> None:
    """Measure, until cancelled, how late a timer runs: what a slow callback costs everybody else."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(LAG_SECONDS)
        meters.observe("loop_lag_seconds", max(0.0, time.perf_counter() - before - LAG_SECONDS))


def merged(texts: Mapping[str, str]) -> bytes:
    """The texts of several processes as one, each sample with the label `node`; none for the process without a name."""
    registry = CollectorRegistry()
    registry.register(_Merged(texts))
    return generate_latest(registry)


class _Merged:
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for node, text in self._texts.items():
            for family in text_string_to_metric_families(text):
                known = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    labels = {**sample.labels, "node": node} if node else sample.labels
                    known.add_sample(sample.name, labels, sample.value, sample.timestamp)
        nodes = sum(not name.startswith("workers") for name in self._texts)
        return [
            *families.values(),
            GaugeMetricFamily("lectern_nodes", "Nodes that answered.", nodes),
        ]
