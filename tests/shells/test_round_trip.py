"""The same string arrives in every shell, whatever the string."""

import pytest
from hypothesis import HealthCheck, given, settings

from ssoenv.environment import shells
from tests.shells.lab import WAYS, FishWay, Lab, Way
from tests.shells.nasty import FIXED, RAW, lists_of_texts

CREDENTIALS = [
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJHMEUCIQ/+" * 20 + "=="),
    ("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T00:00:00+00:00"),
    ("AWS_PROFILE", None),
    ("SSOENV_PROFILE", "dev@111111111111:Admin"),
    ("AWS_SECURITY_TOKEN", None),
]

ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.label)


def refused(way: Way, value: str) -> bool:
    """Whether the shell has no way to hold the value."""
    return any(character in value for character in way.refuses)


def accepted(way: Way, values: list[str]) -> list[str]:
    """The values that the shell can hold, after checking that exactly the others are refused."""
    kept = []
    for value in values:
        try:
            way.row.render([("NAME", value)])
        except shells.Unrepresentable as error:
            assert refused(way, value), value
            assert error.message.startswith("NAME holds "), "says which variable"
            assert not value.strip() or value not in error.line(), "and never its value"
        else:
            assert not refused(way, value), value
            kept.append(value)
    return kept


def arrives(lab: Lab, way: Way, values: list[str]) -> None:
    changes = [(f"V{number}", value) for number, value in enumerate(values)]
    ran = lab.run(way, f"{way.line()}\nchild", output=way.row.render(changes))
    children = lab.children()
    assert len(children) == 1, ran.stderr.decode(errors="replace")
    seen = {name: children[0].get(name) for name, _ in changes}
    if way.row.name == "powershell":  # before 7.5 it took an empty value for a removal
        seen = {name: value or "" for name, value in seen.items()}
    assert {value: seen[name] for name, value in changes if seen[name] != value} == {}
    assert not (lab.folder / "pwned").exists()


@ways
def test_every_nasty_string_arrives_unchanged(lab: Lab, way: Way) -> None:
    way.program.path()
    values = accepted(way, FIXED + RAW)
    if way.program.name == "bsd-csh":  # the last C shell with a limit to a word
        values = [value for value in values if len(value) < 200]
        for start in range(0, len(values), 20):
            arrives(lab, way, values[start : start + 20])
    else:
        arrives(lab, way, values)


@ways
def test_any_text_arrives_unchanged(tmp_path_factory: pytest.TempPathFactory, way: Way) -> None:
    way.program.path()
    if way.program.name == "bsd-csh":
        pytest.skip("bsd-csh cannot read so long a word")
    lab = Lab(tmp_path_factory.mktemp("lab"))

    @settings(
        max_examples=6,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(lists_of_texts)
    def check(values: list[str]) -> None:
        arrives(lab, way, accepted(way, values))

    check()


@ways
def test_characters_arrive_unchanged_in_the_c_locale(lab: Lab, way: Way) -> None:
    """As in a minimal container, where the shell knows no character beyond ASCII."""
    if way.row.name == "yash":
        pytest.skip("yash reads no character beyond ASCII in the C locale")
    values = ["é", "it\u2019s", "日本語", "😀", "\\é", "é'", "\x80\x9f\xa0"]
    changes = [(f"V{number}", value) for number, value in enumerate(values)]
    script = f"{way.line()}\nchild"
    ran = lab.run(way, script, output=way.row.render(changes), environ={"LC_ALL": "C"})
    assert len(lab.children()) == 1, ran.stderr
    assert {name: lab.children()[0].get(name) for name, _ in changes} == dict(changes)


@ways
def test_credentials_replace_what_was_there_and_removed_variables_are_gone(
    lab: Lab, way: Way
) -> None:
    """Also where a variable to remove was never set, and with the strictest options the shell
    has: the line succeeds."""
    script = "\n".join((way.stop_on_error, way.say(way.both, THEN="child")))
    before = {"AWS_SESSION_TOKEN": "old", "AWS_PROFILE": "old", "OTHER": "stays"}
    ran = lab.run(way, script, output=way.row.render(CREDENTIALS), environ=before)
    assert len(lab.children()) == 1, ran.stderr.decode(errors="replace")
    child = lab.children()[0]
    assert {name: child.get(name) for name, _ in CREDENTIALS} == dict(CREDENTIALS)
    assert child["OTHER"] == "stays"
    assert ran.returncode == 0
    assert ran.stderr == b""


@ways
def test_the_line_works_inside_a_function(lab: Lab, way: Way) -> None:
    if not way.function:
        pytest.skip(f"{way.row.name} has no functions")
    script = way.say(way.function) + "\nchild"
    ran = lab.run(way, script, output=way.row.render(CREDENTIALS), environ={"AWS_PROFILE": "old"})
    assert len(lab.children()) == 1, ran.stderr.decode(errors="replace")
    child = lab.children()[0]
    assert {name: child.get(name) for name, _ in CREDENTIALS} == dict(CREDENTIALS)


@pytest.mark.parametrize(
    "way",
    [way for way in WAYS if way.row.name in ("bash", "zsh", "sh", "ksh", "mksh", "yash", "fish")],
    ids=lambda way: way.label,
)
def test_credentials_survive_an_eval_without_quotes(lab: Lab, way: Way) -> None:
    """People forget the quotes, and then line breaks become spaces."""
    line = "eval (ssoenv dev)" if way.row.name == "fish" else "eval $(ssoenv dev)"
    ran = lab.run(
        way,
        f"{line}\nchild",
        output=way.row.render(CREDENTIALS),
        environ={"AWS_PROFILE": "old"},
    )
    assert len(lab.children()) == 1, ran.stderr.decode(errors="replace")
    child = lab.children()[0]
    assert {name: child.get(name) for name, _ in CREDENTIALS} == dict(CREDENTIALS)


@ways
def test_an_empty_change_set_is_no_error(lab: Lab, way: Way) -> None:
    ran = lab.run(way, way.say(way.both, THEN="child"), output=way.row.render([]))
    assert len(lab.children()) == 1, ran.stderr.decode(errors="replace")


def test_fish_says_which_universal_variable_it_cannot_remove(lab: Lab) -> None:
    """``set -Ux AWS_PROFILE work`` is common; nothing hides it from programs but erasing it for
    every session, which is for its owner to do."""
    way = FishWay("fish", "fish")
    script = f"set -Ux AWS_PROFILE theirs\n{way.line()}\nset -eU AWS_PROFILE\n{way.line()}"
    ran = lab.run(way, script, output=way.row.render(CREDENTIALS))
    assert ran.stderr.decode() == (
        "ssoenv: AWS_PROFILE is a universal variable and still set for programs."
        " To remove it: set -eU AWS_PROFILE\n"
    )
    assert ran.returncode == 0


def test_every_row_but_cmd_is_run_in_its_real_shell() -> None:
    assert {way.row.name for way in WAYS} == set(shells.SHELLS) - {"cmd"}
