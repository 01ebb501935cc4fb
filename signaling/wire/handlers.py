"""What a handler is asked with: its kind, and how many arguments it can take."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Handler(NamedTuple):
    """One registered function; `low` and `high` bound the arguments that a browser may send."""

    call: Callable[..., Any]
    is_async: bool
    low: int
    high: int

    def takes(self, number: int) -> bool:
        """True when so many arguments fit."""
        return self.low <= number <= self.high


MANY = 64


def handler_of(call: Callable[..., Any], given: int) -> Handler:
    """Look at a function once; `given` arguments are the server's own (the sid, an event name)."""
    low = high = 0
    for parameter in inspect.signature(call).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            high = given + MANY
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            high += 1
            low += parameter.default is parameter.empty
    is_async = inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(
        getattr(call, "__call__", None)  # noqa: B004 - asks for a coroutine, not for callability
    )
    return Handler(call, is_async, max(low - given, 0), max(high - given, 0))
