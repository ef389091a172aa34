"""A value of a known shape is checked before AWS is asked, and named with its line."""

import json

import pytest

from tests.conftest import World, assert_fails

SSO = "[profile x]\nsso_session = demo\nsso_role_name = Developer\n"
ACCOUNT = "sso_account_id = 111122223333\n"
CHAIN = "[profile x]\nsource_profile = dev\nregion = eu-west-1\n"
DEPLOY = "role_arn = arn:aws:iam::444455556666:role/Deploy\n"
SESSION = "[sso-session s]\nsso_region = us-east-1\nsso_start_url = {}\n" + SSO.replace("demo", "s")

# What is added to the config behind line 23; the line of the value, what is to be written instead.
WRONG = {
    f"{SSO}sso_account_id = 111122223333 # sandbox\n": (27, "Write sso_account_id = 111122223333"),
    f'{SSO}sso_account_id = "111122223333"\n': (27, "Write sso_account_id = 111122223333"),
    f"{SSO}sso_account_id = 1111-2222-3333\n": (27, "Write sso_account_id = 111122223333"),
    f"{SSO}sso_account_id = 11122223333\n": (27, "Write sso_account_id = 011122223333"),
    f"{SSO}{ACCOUNT}region = eu-west-1 ; ireland\n": (28, "Write region = eu-west-1"),
    f"{SSO}{ACCOUNT}region = us_west_2\n": (28, "Write region = us-west-2"),
    f"{SSO}{ACCOUNT}region = 'us-east-1'\n": (28, "Write region = us-east-1"),
    f"{CHAIN}{DEPLOY}duration_seconds = 12h\n": (28, "Write duration_seconds = 3600"),
    f"{CHAIN}{DEPLOY}duration_seconds = 43200\n": (28, "Write duration_seconds = 3600"),
    f"{CHAIN}role_arn = Deploy\n": (27, "not the ARN of a role"),
    f"{CHAIN}role_arn = arn:aws:iam::444455556666:user/me\n": (27, "not the ARN of a role"),
    f"{CHAIN}role_arn = arn:aws:iam::١١١١٢٢٢٢٣٣٣٣:role/Deploy\n": (27, "not the ARN of a role"),
    f"{CHAIN}role_arn = arn:aws:iam::444455556666:role/\n": (27, "not the ARN of a role"),
    f"{CHAIN}{DEPLOY}role_session_name = me # x\n": (28, "Write role_session_name = me"),
    f"{CHAIN}{DEPLOY}external_id = 'x'\n": (28, "Write external_id = x"),
    f"{CHAIN}{DEPLOY}mfa_serial = arn:aws:iam::444455556666:mfa/me ; x\n": (
        28,
        "comment behind it",
    ),
    f"{SSO}{ACCOUNT}".replace("Developer", "arn:aws:iam::111122223333:role/Developer"): (
        26,
        "Write sso_role_name = Developer",
    ),
    f"{SSO}{ACCOUNT}".replace("Developer", "AWSReservedSSO_Developer_0123456789abcdef"): (
        26,
        "Write sso_role_name = Developer",
    ),
    SESSION.format("d.awsapps.com/start") + ACCOUNT: (26, "= https://d.awsapps.com/start"),
    SESSION.format("https://d.awsapps.com/start # us") + ACCOUNT: (26, "comment behind it"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_value_is_named_with_its_line_and_doctor_says_the_same(
    shared_world: World, text: str
) -> None:
    shared_world.add_config(text)
    line, words = WRONG[text]
    asked = len(shared_world.idc.calls)
    assert_fails(shared_world.run("x"), 3, f"~/.aws/config, line {line}: ", words)
    assert len(shared_world.idc.calls) == asked
    found = json.loads(shared_world.run("doctor", "--offline", "--json").out)["findings"]
    assert any(one["line"] == line and words in one["message"] + one["fix"] for one in found), found


@pytest.mark.parametrize(
    "text",
    [
        f"{SSO}{ACCOUNT}region = auto\n",
        f"{SSO}{ACCOUNT}region = eu-west1\n",
        f"{SSO}{ACCOUNT}duration_seconds = 43200\n",
        f"{CHAIN}{DEPLOY}duration_seconds = 3_600\n",
    ],
)
def test_what_botocore_uses_is_not_refused(shared_world: World, text: str) -> None:
    shared_world.add_config(text)
    assert shared_world.run("x").code == 0


def test_options_and_variables_are_checked_alike(shared_world: World) -> None:
    assert_fails(shared_world.run("dev", "--region", "us_west_2"), 2, "--region", '"us_west_2"')
    role = {
        "AWS_SSO_START_URL": "https://demo.awsapps.com/start",
        "AWS_SSO_REGION": "us-east-1",
        "AWS_SSO_ACCOUNT_ID": "1111-2222-3333",
        "AWS_SSO_ROLE_NAME": "Developer",
    }
    assert_fails(shared_world.run(**role), 3, "Write AWS_SSO_ACCOUNT_ID=111122223333")


@pytest.mark.parametrize("key", ["s3", "api_versions", "services"])
def test_a_text_in_place_of_a_block_is_named(shared_world: World, key: str) -> None:
    settings = f"{key} =\n"
    named = f"{key} of [profile x]"
    if key == "services":
        settings, named = "services = y\n[services y]\nsso = here\n", "sso of [services y]"
    shared_world.add_config(f"{SSO}sso_account_id = 111122223333\n{settings}")
    elsewhere = {"AWS_ENDPOINT_URL_SSO": None, "HTTPS_PROXY": "http://127.0.0.1:9"}
    changes = elsewhere if key == "services" else {}
    assert_fails(shared_world.run("x", **changes), 3, f"{named} has no settings", "remove the line")


@pytest.mark.parametrize("changes", [{}, {"AWS_DEFAULT_REGION": ""}])
def test_an_empty_region_is_none(shared_world: World, changes: dict[str, str]) -> None:
    shared_world.add_config(
        "[profile x]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = dev\n"
        + ("" if changes else "region =\n")
    )
    assert_fails(shared_world.run("x", **changes), 3, "names no region")
    assert shared_world.run("x", "--region", "eu-west-1", **changes).code == 0
