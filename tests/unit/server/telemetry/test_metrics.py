"""Metrics by name: kinds, bounded series, and the text of several nodes as one."""

from server.telemetry.metrics import SERIES_MAX, PrometheusMeters, merged


def test_counters_gauges_and_histograms_are_in_the_text() -> None:
    meters = PrometheusMeters()
    meters.count("http_requests_total", {"route": "/me", "status": "200"}, by=2)
    meters.gauge("channels_healthy", 1)
    meters.observe("commit_seconds", 0.02)
    text = meters.text().decode()
    assert 'lectern_http_requests_total{route="/me",status="200"} 2.0' in text
    assert "lectern_channels_healthy 1.0" in text
    assert 'lectern_commit_seconds_bucket{le="0.025"} 1.0' in text


def test_what_counts_one_series_counts_the_same_one() -> None:
    meters = PrometheusMeters()
    labels = {"route": "/me"}
    count, observe = meters.counter("visits_total", labels), meters.observer("visit_seconds")
    meters.count("visits_total", labels)
    count()
    meters.observe("visit_seconds", 0.02)
    observe(0.02)
    observe(0.2)
    text = meters.text().decode()
    assert 'lectern_visits_total{route="/me"} 2.0' in text
    assert 'lectern_visit_seconds_bucket{le="0.025"} 2.0' in text
    assert "lectern_visit_seconds_count 3.0" in text


def test_labels_that_never_end_become_one_series() -> None:
    meters = PrometheusMeters()
    for number in range(SERIES_MAX + 50):
        meters.count("oddities_total", {"name": str(number)})
    text = meters.text().decode()
    assert text.count("lectern_oddities_total{") == SERIES_MAX + 1
    assert 'lectern_oddities_total{name="other"} 50.0' in text


def test_the_nodes_of_a_machine_are_told_apart() -> None:
    first, second = PrometheusMeters(), PrometheusMeters()
    first.count("channels_published_total", by=3)
    second.count("channels_published_total", by=4)
    text = merged({"node-0": first.text().decode(), "node-1": second.text().decode()}).decode()
    assert 'lectern_channels_published_total{node="node-0"} 3.0' in text
    assert 'lectern_channels_published_total{node="node-1"} 4.0' in text
    assert text.count("# TYPE lectern_channels_published_total counter") == 1
    assert "lectern_nodes 2.0" in text
