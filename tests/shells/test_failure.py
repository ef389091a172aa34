"""When there are no credentials, the line fails, and a script that minds its failures stops."""

import pytest

from tests.shells.lab import WAYS, Lab, Way

ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.label)


@ways
def test_a_command_after_the_line_does_not_run(lab: Lab, way: Way) -> None:
    """``eval "$(ssoenv dev)" && deploy``, and what people of other shells write for it."""
    script = "\n".join((way.program.export("A", "old"), way.say(way.both, THEN="child")))
    ran = lab.run(way, script, output=way.row.failure, status=4)
    assert lab.children() == [], ran.stderr
    assert ran.returncode != 0


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way.stop_on_error], ids=lambda way: way.label
)
def test_a_script_that_stops_on_errors_stops(lab: Lab, way: Way) -> None:
    script = f"{way.stop_on_error}\n{way.line()}\nchild"
    ran = lab.run(way, script, output=way.row.failure, status=4)
    assert lab.children() == [], ran.stderr
    assert ran.returncode != 0


@ways
def test_a_failure_changes_no_variable(lab: Lab, way: Way) -> None:
    before = (way.program.export(name, "old") for name in "ABC")
    script = "\n".join((*before, way.say(way.guarded, THEN="state")))
    run = lab.type if way.prompt else lab.run
    seen = run(way, script, output=way.row.failure, status=4)
    assert lab.states() == ["old|old|old"], seen


@ways
def test_the_failing_text_is_one_line(way: Way) -> None:
    text = way.row.failure
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert text.isascii()
