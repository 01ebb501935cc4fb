"""DTLS datagram by datagram: keys match, the 128-bit profile wins, a wrong certificate ends it, junk does not."""

from pathlib import Path

from sfu.transport.dtls import MTU_BYTES, Dtls, Identity, pack_records
from tests.support.media_raw import ClientDtls

IDENTITY = Identity()


def shake(server: Dtls, client: ClientDtls) -> None:
    flight = client.step()
    for _ in range(10):
        answer = server.receive(flight) if flight else []
        flight = b"".join(client.step(datagram) for datagram in answer)
        if server.keys is not None or server.failed:
            return


def server_for(client: ClientDtls, fingerprint: str | None = None) -> Dtls:
    return Dtls(IDENTITY, (("sha-256", fingerprint or client.fingerprint),))


def test_both_sides_have_the_same_keys_by_the_cheapest_profile() -> None:
    client = ClientDtls()
    server = server_for(client)
    shake(server, client)
    assert server.keys is not None
    assert server.keys.profile == b"SRTP_AEAD_AES_128_GCM"
    assert client.keys() == (server.keys.inbound, server.keys.outbound)


def test_another_certificate_than_the_offers_ends_it() -> None:
    client = ClientDtls()
    server = server_for(client, ClientDtls().fingerprint)
    shake(server, client)
    assert server.failed
    assert server.keys is None


def test_an_offer_with_no_fingerprint_that_we_know_ends_it() -> None:
    client = ClientDtls()
    server = Dtls(IDENTITY, (("md2", client.fingerprint),))
    shake(server, client)
    assert server.failed


def test_one_matching_fingerprint_does_not_excuse_a_wrong_one() -> None:
    client = ClientDtls()
    server = Dtls(IDENTITY, (("sha-256", client.fingerprint), ("sha-512", "00:11")))
    shake(server, client)
    assert server.failed


def test_a_goodbye_closes_and_is_heard_once() -> None:
    client = ClientDtls()
    server = server_for(client)
    shake(server, client)
    server.receive(client.goodbye())
    assert server.closed
    assert server.receive(b"\x16\xfe\xfd" + bytes(50)) == []


def test_junk_after_the_handshake_harms_nothing() -> None:
    client = ClientDtls()
    server = server_for(client)
    shake(server, client)
    for junk in (b"\x15\xfe\xfd" + bytes(13), b"\x17" * 40, b"\x14", bytes([63]) * 1400):
        server.receive(junk)
    assert server.keys is not None
    assert not server.closed
    assert not server.failed


def test_records_that_nobody_reads_are_not_kept() -> None:
    client = ClientDtls()
    server = server_for(client)
    shake(server, client)
    ahead = b"\x16\xfe\xfd\x00\x02" + bytes(6) + b"\x03\xff" + bytes(1023)
    before = resident_bytes()
    for _ in range(40_000):
        server.receive(ahead)
    assert resident_bytes() - before < 10_000_000
    assert not server.failed


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def test_a_lost_flight_is_sent_again() -> None:
    client = ClientDtls()
    server = server_for(client)
    server.receive(client.step())
    assert server.timeout_s() is not None


def test_records_are_packed_whole() -> None:
    def record(size: int) -> bytes:
        return b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + bytes(size)

    flight = record(300) + record(700) + record(400) + record(10)
    packed = pack_records(flight)
    assert b"".join(packed) == flight
    assert [len(p) for p in packed] == [1026, 436]
    assert all(len(p) <= MTU_BYTES for p in packed)
