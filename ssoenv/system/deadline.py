"""A deadline for work that may hang anywhere: in a name lookup, a handshake, a dripping answer.

The work runs in a thread of its own that is given up, not stopped, when the time is over. A
question to the person (an MFA code) is asked by the main thread, with the clock stopped.
"""

import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ssoenv.errors import NetworkError, UsageError

T = TypeVar("T")

_SECONDS_FOR_AWS = 20.0
_SECONDS_FOR_A_PERSON = 600.0


_spent = 0.0


def spend(seconds: float) -> None:
    """Take ``seconds`` from every later deadline of this process: they were used up by a first
    try, which a command makes once."""
    global _spent
    _spent += seconds


class Deadline:
    """``seconds`` of working time for one ``run``; None means SSOENV_TIMEOUT, else 20 s."""

    def __init__(self, seconds: float | None = None) -> None:
        if seconds is None:
            seconds = _from_environment("SSOENV_TIMEOUT", _SECONDS_FOR_AWS)
        self.seconds = seconds
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def run(self, work: Callable[[], T]) -> T:
        """``work()``, or what it raised; ``NetworkError`` when the time is over."""
        threading.Thread(target=self._work, args=(work,), daemon=True).start()
        end = time.monotonic() + self.seconds - _spent
        while True:
            try:
                event, value = self._events.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise self.over() from None
            if event == "returned":
                result: T = value
                return result
            if event == "raised":
                raise value
            asked = time.monotonic()
            self._answer(value)
            end += time.monotonic() - asked

    def over(self) -> NetworkError:
        """The error for a time that is over."""
        return NetworkError(
            f"AWS did not answer within {self.seconds:g} seconds",
            "Check the network and try again (SSOENV_TIMEOUT=SECONDS waits longer)",
        )

    def ask(self, question: Callable[[], T]) -> T:
        """From inside the work: let the main thread run ``question`` with the deadline paused."""
        self._events.put(("question", question))
        answer, error = self._answers.get()
        if error is not None:
            raise error
        result: T = answer
        return result

    def _work(self, work: Callable[[], T]) -> None:
        try:
            self._events.put(("returned", work()))
        except BaseException as error:  # it belongs to whoever waits, whatever it is
            self._events.put(("raised", error))

    def _answer(self, question: Callable[[], Any]) -> None:
        try:
            self._answers.put((question(), None))
        except Exception as error:
            self._answers.put((None, error))


def for_a_person() -> float:
    """Seconds that a person has to sign in, or to answer what a program of theirs asks:
    SSOENV_LOGIN_TIMEOUT, else 600. Raises ``UsageError``."""
    return _from_environment("SSOENV_LOGIN_TIMEOUT", _SECONDS_FOR_A_PERSON)


def _from_environment(variable: str, default: float) -> float:
    """The seconds that a variable sets. Raises ``UsageError`` if it is not a number of seconds."""
    text = os.environ.get(variable)
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise UsageError(
            f"{variable} must be a number of seconds, such as {default:g}",
            f"Correct {variable}, or unset it",
        )
    return seconds
