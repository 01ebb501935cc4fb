"""A cap on the bitrate from the share of packets lost (draft-ietf-rmcat-gcc-02, section 6)."""

_MUCH_LOST = 0.10
_LITTLE_LOST = 0.02
_GROWTH_PER_S = 1.08
_LEAST_PACKETS = 20
_LONGEST_STEP_S = 1.0
_WINDOW_S = 0.5


class LossCap:
    """Falls with loss above a tenth, rises while there is hardly any; `cap_bps` is None until loss was first heavy."""

    def __init__(self) -> None:
        self.cap_bps: float | None = None
        self._packets = 0
        self._lost = 0
        self._began_at: float | None = None
        self._judged_at: float | None = None
        self._share_lost = 0.0

    def feed(self, packets: int, lost: int, now: float, bitrate_bps: float) -> None:
        """So many packets were reported on, so many of them lost, while we sent at `bitrate_bps`."""
        self._packets += packets
        self._lost += lost
        if self._began_at is None:
            self._began_at = now
        if self._packets < _LEAST_PACKETS or now - self._began_at < _WINDOW_S:
            return
        self.judge(self._lost / self._packets, now, bitrate_bps)
        self._packets = self._lost = 0
        self._began_at = now

    def judge(self, fraction_lost: float, now: float, bitrate_bps: float) -> None:
        """One measured share of loss."""
        since_s = _LONGEST_STEP_S if self._judged_at is None else now - self._judged_at
        self._judged_at = now
        self._share_lost = fraction_lost
        if fraction_lost > _MUCH_LOST:
            # The cut of section 6 is meant for each second: a shorter step takes its share of it.
            share = min(max(since_s, 0.05), _LONGEST_STEP_S)
            base_bps = bitrate_bps if self.cap_bps is None else min(self.cap_bps, bitrate_bps)
            self.cap_bps = base_bps * (1 - 0.5 * fraction_lost) ** share
        elif fraction_lost < _LITTLE_LOST and self.cap_bps is not None:
            self.cap_bps *= _GROWTH_PER_S ** min(since_s, _LONGEST_STEP_S)

    def lift(self, proven_bps: float) -> None:
        """So much was seen to come through at once; that counts while hardly anything is lost."""
        if self.cap_bps is not None and self._share_lost < _LITTLE_LOST:
            self.cap_bps = max(self.cap_bps, proven_bps)
