"""A text cut short at any byte leaves a shell with all of the old keys or all of the new ones."""

import pytest

from tests.shells.lab import WAYS, Lab, Way

CHANGES = [
    ("A", 'it\'s "new" $HOME `id` \\ } end'),
    ("B", "new!"),
    ("C", None),
    ("D", "x"),
]
OLD = "old|old|old"
NEW = 'it\'s "new" $HOME `id` \\ } end|new!|gone'


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.label)
def test_every_prefix_leaves_all_old_or_all_new(lab: Lab, way: Way) -> None:
    """Every prefix, each through the documented line, the variables set to the old values before
    and read by a child after it."""
    way.program.path()
    output = way.row.render(CHANGES)
    assert output.isascii()
    before = "\n".join(way.program.export(name, "old") for name in "ABC")
    step = before + "\n" + way.say(way.guarded, THEN="state") + "\n"
    run = lab.type if way.prompt else lab.run
    seen = run(way, step * (len(output) + 1), output=output, cut=True)
    states = lab.states()
    assert len(states) == len(output) + 1, seen
    mixed = {
        output[:length]: state for length, state in enumerate(states) if state not in (OLD, NEW)
    }
    assert not mixed
    assert states[0] == OLD
    assert states[-1] == NEW
    changed = states.index(NEW)
    assert set(states[changed:]) == {NEW}, "once complete, it stays so"
    assert changed > len(output) - 40, "only the very end of the text acts"
