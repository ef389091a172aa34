"""How much is tried: a selection, or, with SSOENV_TEST_THOROUGH=1, as much as has ever been found
useful. ``.ci/run thorough`` asks for that; each run of ssoenv is a new process then, too."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

WANTED = bool(os.environ.get("SSOENV_TEST_THOROUGH"))


def examples(number: int) -> int:
    """How many examples a test of hypothesis has whose thorough run has ``number``."""
    return number if WANTED else number // 5


def half(things: Sequence[T]) -> Sequence[T]:
    """Every second of ``things``, and the last; a thorough run has all."""
    return things if WANTED else things[::-2][::-1]
