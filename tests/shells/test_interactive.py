"""At a prompt, where ``!`` means history."""

import pytest

from tests.shells.lab import CshWay, Lab, Way
from tests.shells.nasty import FIXED, RAW
from tests.shells.test_round_trip import accepted

WAYS = (
    Way("bash", "bash", "--norc"),
    Way("zsh", "zsh", "-f"),
    CshWay("tcsh", "tcsh", "-f"),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.label)
def test_every_nasty_string_arrives_unchanged_at_a_prompt(lab: Lab, way: Way) -> None:
    """``!!`` is typed first, to prove that this shell does expand history."""
    values = accepted(way, FIXED + RAW)
    changes = [(f"V{number}", value) for number, value in enumerate(values)]
    seen = lab.type(way, f"child\n!!\n{way.line()}\nchild", output=way.row.render(changes))
    assert len(lab.children()) == 3, seen
    after = lab.children()[2]
    assert {name: after.get(name) for name, _ in changes} == dict(changes)
