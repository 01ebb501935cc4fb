"""Transport-wide congestion control feedback, packed and parsed (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

import struct

import msgspec

from sfu.errors import Malformed

TICK_S = 0.00025
"""Unit of an arrival time: 250 microseconds."""
TICKS_MODULO = 1 << 32
_TICKS_PER_REFERENCE = 256
_HEAD = struct.Struct("!BBHIIHHI")
_CHUNK = struct.Struct("!H")
_LARGE_DELTA = struct.Struct("!h")
_RTPFB = 205
_FORMAT = 15
_MOST_STATUSES = 8192
_MOST_READ = 4096
"""Statuses of a report that is read: more packets than that are not remembered."""
_RECEIVED_SMALL = 1
_RECEIVED_LARGE = 2
_RESERVED = 3
_SMALLEST_LARGE_DELTA = -(1 << 15)
_LARGEST_LARGE_DELTA = (1 << 15) - 1
_LONGEST_RUN = 0x1FFF
_MOST_HELD = 400
"""Arrivals in one report: with two bytes each and their chunks it stays inside one datagram."""


class Feedback(msgspec.Struct, frozen=True):
    """One report: arrival of each transport-wide number from `base_sequence` on, in ticks, None when it did not come.

    Ticks count from the report's reference time and are not reduced: they go on over the 24 bits within one report.
    """

    base_sequence: int
    count: int
    arrivals: list[int | None]


def parse(packet: bytes) -> Feedback:
    """The whole RTCP packet (header included), or Malformed."""
    if len(packet) < _HEAD.size:
        raise Malformed("a transport-cc report is cut off")
    _, _, _, _, _, base, statuses, reference_and_count = _HEAD.unpack_from(packet)
    if not 0 < statuses <= _MOST_READ:
        raise Malformed("a transport-cc report covers none or too many packets")
    try:
        symbols, position = _read_symbols(packet, statuses)
        arrivals = _read_deltas(
            packet, position, symbols, (reference_and_count >> 8) * _TICKS_PER_REFERENCE
        )
    except (struct.error, IndexError) as error:
        raise Malformed("a transport-cc report is shorter than it says") from error
    return Feedback(base, reference_and_count & 0xFF, arrivals)


def _read_symbols(packet: bytes, statuses: int) -> tuple[list[int], int]:
    symbols: list[int] = []
    position = _HEAD.size
    while len(symbols) < statuses:
        (chunk,) = _CHUNK.unpack_from(packet, position)
        position += _CHUNK.size
        if not chunk & 0x8000:
            run = min(chunk & _LONGEST_RUN, statuses - len(symbols))
            if not run:
                raise Malformed("a transport-cc run covers no packet")
            symbols.extend([chunk >> 13 & 3] * run)
        elif chunk & 0x4000:
            symbols.extend(chunk >> shift & 3 for shift in range(12, -1, -2))
        else:
            symbols.extend(chunk >> shift & 1 for shift in range(13, -1, -1))
    del symbols[statuses:]
    return symbols, position


def _read_deltas(packet: bytes, position: int, symbols: list[int], ticks: int) -> list[int | None]:
    arrivals: list[int | None] = []
    for symbol in symbols:
        if symbol == _RECEIVED_SMALL:
            ticks += packet[position]
            position += 1
        elif symbol == _RECEIVED_LARGE:
            ticks += _LARGE_DELTA.unpack_from(packet, position)[0]
            position += 2
        elif symbol == _RESERVED:
            raise Malformed("a transport-cc report uses the reserved status")
        else:
            arrivals.append(None)
            continue
        arrivals.append(ticks)
    return arrivals


def pack(
    *, sender_ssrc: int, media_ssrc: int, count: int, base: int, arrivals: list[tuple[int, float]]
) -> tuple[bytes, int]:
    """A report from the number `base` on, and how many of the arrivals it holds.

    Arrivals are (unwrapped transport-wide number, seconds), ascending by number, none below `base`, not empty. A report
    ends early where a gap in time does not fit or it is full; the caller packs the rest into the next one.
    """
    if arrivals[0][0] - base >= _MOST_STATUSES:
        base = arrivals[0][0]
    reference = int(arrivals[0][1] / TICK_S) // _TICKS_PER_REFERENCE
    symbols: list[int] = []
    deltas: list[bytes] = []
    last_ticks = reference * _TICKS_PER_REFERENCE
    for number, seconds in arrivals[:_MOST_HELD]:
        ticks = int(seconds / TICK_S)
        delta = ticks - last_ticks
        if (
            not _SMALLEST_LARGE_DELTA <= delta <= _LARGEST_LARGE_DELTA
            or number - base >= _MOST_STATUSES
        ):
            break
        symbols.extend([0] * (number - base - len(symbols)))
        small = 0 <= delta <= 0xFF
        symbols.append(_RECEIVED_SMALL if small else _RECEIVED_LARGE)
        deltas.append(bytes((delta,)) if small else _LARGE_DELTA.pack(delta))
        last_ticks = ticks
    body = b"".join(_pack_chunks(symbols)) + b"".join(deltas)
    fields = (sender_ssrc, media_ssrc, base, len(symbols), reference, count)
    return _with_head(body, fields), len(deltas)


def _with_head(body: bytes, fields: tuple[int, int, int, int, int, int]) -> bytes:
    sender_ssrc, media_ssrc, base, statuses, reference, count = fields
    padding = -len(body) % 4
    first = 0x80 | _FORMAT
    if padding:
        first |= 0x20
        body += bytes(padding - 1) + bytes((padding,))
    head = _HEAD.pack(
        first,
        _RTPFB,
        (_HEAD.size + len(body)) // 4 - 1,
        sender_ssrc,
        media_ssrc,
        base & 0xFFFF,
        statuses,
        (reference & 0xFFFFFF) << 8 | count & 0xFF,
    )
    return head + body


def _pack_chunks(symbols: list[int]) -> list[bytes]:
    """Runs of seven or more alike go as a run, the rest by sevens with two bits each."""
    chunks = []
    position = 0
    while position < len(symbols):
        run = _run_length(symbols, position)
        if run >= 7 or run == len(symbols) - position:
            chunks.append(_CHUNK.pack(symbols[position] << 13 | run))
            position += run
        else:
            vector = symbols[position : position + 7]
            bits = sum(symbol << 12 - 2 * place for place, symbol in enumerate(vector))
            chunks.append(_CHUNK.pack(0xC000 | bits))
            position += 7
    return chunks


def _run_length(symbols: list[int], start: int) -> int:
    end = start + 1
    limit = min(len(symbols), start + _LONGEST_RUN)
    while end < limit and symbols[end] == symbols[start]:
        end += 1
    return end - start
