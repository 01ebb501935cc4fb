"""◇ Datagrams in as few system calls as may be: what goes to one address in equal pieces is one call (UDP_SEGMENT)."""

from collections.abc import Iterable

from sfu.types import Address

UDP_SEGMENT = 103  # linux/udp.h; the socket module does not name it
MOST_SEGMENTS = 40  # of the longest datagrams, together shorter than the 65,507 bytes of one call

Run = tuple[Address, list[bytes]]


def runs(packets: Iterable[tuple[bytes, Address]]) -> list[Run]:
    """The same packets by address, each address's in their order: equal sizes, but for a shorter last one."""
    found: list[Run] = []
    latest: dict[Address, list[bytes]] = {}
    for data, address in packets:
        run = latest.get(address)
        if run is not None:
            size = len(run[0])
            if len(run[-1]) == size >= len(data) and len(run) < MOST_SEGMENTS:
                run.append(data)
                continue
        latest[address] = run = [data]
        found.append((address, run))
    return found
