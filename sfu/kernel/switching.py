"""A route leaves one source and starts another, and climbs or descends the temporal layers of the one it plays."""

from sfu.kernel.streams import Ending, Packet, Route, Source

_TIMESTAMP_MASK = 0xFFFFFFFF
_HALF_TIMESTAMP = 1 << 31
_NTP_SECOND = 1 << 32
_LEAST_STEP_S = 0.001
_MOST_CLOCK_ERROR_S = 2.0


def detach(route: Route) -> None:
    """The route plays nothing; where it stood is kept for the next source."""
    source = route.source
    if source is None:
        return
    route.ending = Ending(source, route.remap.timestamp_shift)
    route.remap.end(source.highest, picture_id=source.picture_id, tl0_index=source.tl0_index)
    route.source = None
    source.routes.remove(route)


def attach(route: Route, source: Source, packet: Packet, now: float) -> None:
    """The route goes on with `packet` of `source`."""
    detach(route)
    route.remap.begin(
        packet.index,
        timestamp_shift=_timestamp_shift(route.ending, source, packet.timestamp, now),
        picture_id=packet.picture.picture_id,
        tl0_index=packet.picture.tl0_index,
    )
    route.source = source
    route.waiting = None
    route.ending = None
    route.current_layer = route.wanted_layer
    source.routes.append(route)


def wait(route: Route, source: Source) -> None:
    """The route starts with the source as soon as there is a packet to start with."""
    route.waiting = source
    source.waiting.append(route)


def stop_waiting(route: Route) -> None:
    """The route starts with nothing new."""
    if route.waiting is not None:
        route.waiting.waiting.remove(route)
        route.waiting = None


def let_all_wait(source: Source) -> None:
    """Every route that plays the source waits for it anew."""
    for route in list(source.routes):
        detach(route)
        wait(route, source)


def let_all_go(source: Source) -> None:
    """Nothing plays the source or waits for it any more."""
    for route in list(source.routes):
        detach(route)
    for route in list(source.waiting):
        stop_waiting(route)


def passes_layer(route: Route, packet: Packet, *, newest: bool) -> bool:
    """Whether the route's temporal layer lets the packet through; moves the layer where the stream allows it."""
    picture = packet.picture
    layer = picture.temporal_layer
    if newest and picture.starts_frame:
        if packet.key_frame or route.wanted_layer < route.current_layer:
            route.current_layer = route.wanted_layer
        elif route.current_layer < layer <= route.wanted_layer and picture.layer_sync:
            route.current_layer = layer
    return layer <= route.current_layer


def _timestamp_shift(ending: Ending | None, source: Source, timestamp: int, now: float) -> int:
    """What to add to the new source's timestamps so that media time runs on.

    The publisher's own reports relate its streams exactly; where they are missing, or tell of another clock, the time
    that passed between the packets has to do.
    """
    if ending is None:
        return 0
    clock_rate = source.row.clock_rate
    by_arrival = ending.timestamp + int(max(now - ending.at, _LEAST_STEP_S) * clock_rate)
    exact = _exact(ending, source, timestamp)
    if exact is not None:
        behind_last = exact - ending.timestamp & _TIMESTAMP_MASK
        error = _signed(exact - by_arrival)
        if 0 < behind_last < _HALF_TIMESTAMP and abs(error) < _MOST_CLOCK_ERROR_S * clock_rate:
            return exact - timestamp
    return by_arrival - timestamp


def _exact(ending: Ending, source: Source, timestamp: int) -> int | None:
    if ending.source is source:
        return timestamp + ending.timestamp_shift
    if ending.clock_leg is not source.leg or source.report_at is None:
        return None
    between = (source.report_ntp - ending.report_ntp) * source.row.clock_rate // _NTP_SECOND
    since_report = _signed(timestamp - source.report_timestamp)
    return ending.report_timestamp + between + since_report


def _signed(difference: int) -> int:
    difference &= _TIMESTAMP_MASK
    return difference - (1 << 32) if difference >= _HALF_TIMESTAMP else difference
