"""SRTP with exported keys: one session each way for a leg, packets sealed in place in a scratch buffer (pylibsrtp)."""

from pylibsrtp import Policy, Session
from pylibsrtp import _binding as binding

from sfu.errors import Malformed, Misuse, SfuError
from sfu.kernel.table import LegKeys

LONGEST_DATAGRAM_BYTES = 1500
_SCRATCH_BYTES = 2048
_LONGEST_TRAILER_BYTES = 160
_REPLAY_WINDOW_PACKETS = 1024
_KEY_BYTES = {"SRTP_AEAD_AES_128_GCM": 28, "SRTP_AES128_CM_SHA1_80": 30}
_PROFILES = {
    "SRTP_AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "SRTP_AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
# srtp_err_status_t of srtp.h, which the binding does not name.
_UNAUTHENTIC = 7
_REPLAYED = frozenset((9, 10))


class Unauthentic(SfuError):
    """The seal of a packet does not fit its key: forged or damaged."""

    code = "media_unauthentic"


class Replayed(SfuError):
    """The packet was here before, or is older than the replay window."""

    code = "media_replayed"


class Scratch:
    """The one buffer in which packets are sealed and opened; `view` is where a caller writes a packet to be sealed."""

    __slots__ = ("cdata", "length", "limit_bytes", "view")

    def __init__(self) -> None:
        self.cdata = binding.ffi.new("char[]", _SCRATCH_BYTES)
        self.length = binding.ffi.new("int *")
        self.view = memoryview(binding.ffi.buffer(self.cdata)).cast("B")
        self.limit_bytes = _SCRATCH_BYTES - _LONGEST_TRAILER_BYTES


class Inbound:
    """Opens what the browser sealed."""

    __slots__ = ("_scratch", "_session", "_srtp")

    def __init__(self, keys: LegKeys, scratch: Scratch) -> None:
        self._session = _session(keys.profile, keys.inbound, Policy.SSRC_ANY_INBOUND)
        self._srtp = self._session._srtp[0]
        self._scratch = scratch

    def unprotect(self, datagram: bytes) -> bytes:
        """The RTP packet, or Unauthentic, Replayed, Malformed."""
        return self._open(datagram, binding.lib.srtp_unprotect)

    def unprotect_rtcp(self, datagram: bytes) -> bytes:
        """The RTCP compound, or Unauthentic, Replayed, Malformed."""
        return self._open(datagram, binding.lib.srtp_unprotect_rtcp)

    def _open(self, datagram: bytes, function: object) -> bytes:
        size = len(datagram)
        if size > LONGEST_DATAGRAM_BYTES:
            raise Malformed("a datagram is longer than any media packet")
        scratch = self._scratch
        scratch.view[:size] = datagram
        scratch.length[0] = size
        status = function(self._srtp, scratch.cdata, scratch.length)  # type: ignore[operator]
        if status:
            _raise(status)
        opened: bytes = binding.ffi.unpack(scratch.cdata, scratch.length[0])
        return opened


class Outbound:
    """Seals what goes to the browser. The same packet may be sealed twice: that is a resend, byte for byte the same."""

    __slots__ = ("_cdata", "_length", "_scratch", "_session", "_srtp")

    def __init__(self, keys: LegKeys, scratch: Scratch) -> None:
        self._session = _session(keys.profile, keys.outbound, Policy.SSRC_ANY_OUTBOUND)
        self._srtp = self._session._srtp[0]
        self._scratch = scratch
        self._cdata = scratch.cdata
        self._length = scratch.length

    def protect(self, size: int) -> bytes:
        """Seal the first `size` bytes of the scratch buffer."""
        length = self._length
        length[0] = size
        status = binding.lib.srtp_protect(self._srtp, self._cdata, length)
        if status:
            _raise(status)
        sealed: bytes = binding.ffi.unpack(self._cdata, length[0])
        return sealed

    def protect_rtcp(self, plain: bytes) -> bytes:
        """Seal an RTCP compound."""
        if len(plain) > self._scratch.limit_bytes:
            raise Misuse("an RTCP compound is longer than a datagram")
        self._scratch.view[: len(plain)] = plain
        self._length[0] = len(plain)
        status = binding.lib.srtp_protect_rtcp(self._srtp, self._cdata, self._length)
        if status:
            _raise(status)
        sealed: bytes = binding.ffi.unpack(self._cdata, self._length[0])
        return sealed


def _session(profile: str, key: bytes, direction: int) -> Session:
    if profile not in _PROFILES or len(key) != _KEY_BYTES[profile]:
        raise Misuse("an SRTP key does not fit its profile")
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=_PROFILES[profile])
    policy.allow_repeat_tx = True
    policy.window_size = _REPLAY_WINDOW_PACKETS
    return Session(policy)


def _raise(status: int) -> None:
    if status == _UNAUTHENTIC:
        raise Unauthentic("a media packet is not authentic")
    if status in _REPLAYED:
        raise Replayed("a media packet came twice or too late")
    raise Malformed("a media packet cannot be sealed or opened")
