"""The states of profiles, as lists of them show it."""

from collections.abc import Mapping

from ssoenv.picker.screen import State
from ssoenv.terminal import colour

COLOURS = {
    "keys": colour.GREEN,
    "signed-in": colour.GREEN,
    "renews-itself": colour.GREEN,
    "sign-in-needed": colour.YELLOW,
    "incomplete": colour.RED,
}
"""Of the constants of ``credentials.state``."""


def of_all() -> Mapping[str, State]:
    """Profile → its state. Asks nobody. Raises ``ConfigError``."""
    from ssoenv.credentials import state

    return {row.profile.name: State(row.words(), COLOURS.get(row.state)) for row in state.rows()}
