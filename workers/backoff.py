"""How long to wait after a failure: longer each time up to a bound, and never two at the same moment."""

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 10.0


def pause(
    failures: int, chance: float, *, first: float = FIRST_SECONDS, longest: float = LONGEST_SECONDS
) -> float:
    """Seconds after so many failures in a row; `chance` is between 0 and 1."""
    return float(min(longest, first * 2 ** min(max(failures, 1) - 1, 30)) * (0.5 + chance))
