"""What ``configure`` is expected to write, and how it is run."""

import configparser

from tests.conftest import World

URL = "https://demo.awsapps.com/start"
WHERE = ("--start-url", URL, "--region", "us-east-1")
ALL = ("--session", "demo", "--all", "--yes")

SESSION = """\
[sso-session demo]
sso_start_url = https://demo.awsapps.com/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access
"""


def section(name: str, account: str, role: str, extra: str = "", label: str = "") -> str:
    return (
        f"\n[profile {name}]\nsso_session = demo\nsso_account_id = {account}\n"
        f"sso_account_name = {label or name.partition('-')[0]}\nsso_role_name = {role}\n{extra}"
        "ssoenv_generated = true\n"
    )


GENERATED = (
    section("dev-Developer", "111122223333", "Developer")
    + section("dev-ReadOnly", "111122223333", "ReadOnly")
    + section("production-ReadOnly", "444455556666", "ReadOnly")
    + section("sandbox-Administrator", "777788889999", "Administrator")
)


def configured(world: World, *arguments: str, **changes: str | None) -> bytes:
    """The config after ``configure``, which must work."""
    result = world.run("configure", *arguments, **changes)
    assert (result.code, result.out) == (0, ""), result
    return world.config.read_bytes()


def profiles(world: World) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read_string(world.config.read_text())
    return {name: dict(parser.items(name)) for name in parser.sections()}
