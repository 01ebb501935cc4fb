"""What an SFU node is set up with: its port, the addresses it advertises, and its limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SfuSettings:
    """Read once at the start; every bound of the node is here."""

    port: int = 7882  # UDP; 0 lets the system choose (tests)
    bind: str = "0.0.0.0"  # noqa: S104 - media comes from everywhere; the guard in transport/ice.py is the door
    addresses: tuple[str, ...] = (
        "127.0.0.1",
    )  # advertised as host candidates, the first preferred

    tcp: bool = True  # ICE over TCP too, on the same port number

    max_tcp: int = 1000  # accepted TCP connections and sockets
    max_peers: int = 2000  # connections of a node
    max_rooms: int = 500
    max_peers_per_room: int = 1000
    max_tracks_per_peer: int = 8
    max_players: int = 4  # of one person in one class; the newest stay
    max_wanted: int = 64  # tracks one Want may name
    max_sdp_bytes: int = 65_536

    audio_slots: int = 4
    video_slots: int = 12
    video_slots_step: int = 4
    max_video_slots: int = 32

    setup_timeout_s: float = 15.0  # from offer to keys
    silence_timeout_s: float = 3.0  # without an authenticated packet: lost
    probe_after_s: float = 1.0  # silent for so long: ask whether it is still there
    tick_s: float = 0.02
    receive_buffer_bytes: int = 4_194_304
    send_buffer_bytes: int = 4_194_304
    send_backlog_packets: int = 4096
