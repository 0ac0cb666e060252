"""Waiting for a condition instead of for a time."""

import time
from typing import Callable, TypeVar

Value = TypeVar("Value")


def until(condition: Callable[[], Value], what: str, seconds: float = 30, every: float = 0.02) -> Value:
    """Returns the first true value of `condition`; TimeoutError names `what` never came."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(every)
