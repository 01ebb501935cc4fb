"""Who speaks: RFC 6464 audio levels to an ordered list that does not flicker."""

from dataclasses import dataclass

SILENCE = 127  # -dBov
SPEAKING = 50  # louder than -50 dBov is speech ...
QUIET = 58  # ... and it ends below -58
HOLD_S = 0.8  # a pause between words does not end it
ATTACK = 0.3
RELEASE = 0.05
MARGIN = 6.0  # so much louder, in dB, before one overtakes another


@dataclass(slots=True)
class _Voice:
    level: float = float(SILENCE)
    loud_at: float = float("-inf")
    speaking: bool = False


class Speakers:
    """Levels in, the order of speakers out, loudest first."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self.order: list[str] = []

    def hear(self, peer: str, minus_dbov: int, now: float) -> None:
        """One level of one person (0 is loudest)."""
        voice = self._voices.setdefault(peer, _Voice())
        weight = ATTACK if minus_dbov < voice.level else RELEASE
        voice.level += weight * (minus_dbov - voice.level)
        if voice.level <= (QUIET if voice.speaking else SPEAKING):
            voice.loud_at = now
            voice.speaking = True

    def forget(self, peer: str) -> None:
        """Muted or gone."""
        self._voices.pop(peer, None)

    def update(self, now: float) -> bool:
        """Order them anew; True when the order changed."""
        for voice in self._voices.values():
            if voice.speaking and now - voice.loud_at > HOLD_S:
                voice.speaking = False
                voice.level = float(SILENCE)
        speaking = {peer for peer, voice in self._voices.items() if voice.speaking}
        order = [peer for peer in self.order if peer in speaking]
        order += sorted(speaking - set(order))
        self._overtake(order)
        changed = order != self.order
        self.order = order
        return changed

    def _overtake(self, order: list[str]) -> None:
        """One pass of neighbours: who is clearly louder moves one place up."""
        for i in range(len(order) - 1, 0, -1):
            if self._voices[order[i]].level + MARGIN < self._voices[order[i - 1]].level:
                order[i - 1], order[i] = order[i], order[i - 1]
