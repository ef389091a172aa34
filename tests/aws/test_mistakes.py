"""Common mistakes in a config are named with their fix: exit 3, one line, nothing to evaluate."""

import pytest

from ssoenv.config.editor import profile_header
from tests.conftest import World, assert_fails

DEPLOY = "arn:aws:iam::444455556666:role/Deploy"
ROLE = "sso_account_id = 111122223333\nsso_role_name = Developer\n"
SSO = "sso_session = demo\n" + ROLE
CHAIN = f"role_arn = {DEPLOY}\nregion = us-east-1\n"

# What is added to the config; what the error about profile "x" says.
MISTAKES = {
    "no such profile": ("", ['no profile "x" in ~/.aws/config', "dev, legacy, prod"]),
    "NAME without profile": (
        f"[x]\n{SSO}",
        ["has a section [x]", "Change that line to [profile x]"],
    ),
    "Profile with a capital": (f"[Profile x]\n{SSO}", ["[Profile x]", "to [profile x]"]),
    "only in the other file's style": ("[sso-session x]\n", ['no profile "x"']),
    "session with a typing mistake": (
        f"[profile x]\nsso_session = dmo\n{ROLE}",
        ['"dmo"', "Did you mean sso_session = demo?"],
    ),
    "no such session": (
        f"[profile x]\nsso_session = corporation\n{ROLE}",
        ["Add [sso-session corporation]", "sso_start_url and sso_region"],
    ),
    "session without region": (
        f"[sso-session s]\nsso_start_url = https://s.awsapps.com/start\n"
        f"[profile x]\nsso_session = s\n{ROLE}",
        ["missing required configuration: sso_region", "Add sso_region"],
    ),
    "session without start URL": (
        f"[sso-session s]\nsso_region = us-east-1\n[profile x]\nsso_session = s\n{ROLE}",
        ["missing required configuration: sso_start_url", "Add sso_start_url"],
    ),
    "only a session": (
        "[profile x]\nsso_session = demo\n",
        ["names no credentials", "Add sso_account_id and sso_role_name to [profile x]"],
    ),
    "no role": (
        "[profile x]\nsso_session = demo\nsso_account_id = 111122223333\n",
        ["Add sso_role_name to [profile x]"],
    ),
    "no account": (
        "[profile x]\nsso_session = demo\nsso_role_name = Developer\n",
        ["Add sso_account_id to [profile x]"],
    ),
    "an empty account": (
        "[profile x]\nsso_session = demo\nsso_account_id =\nsso_role_name = Developer\n",
        ['sso_account_id of profile "x" is empty'],
    ),
    "legacy without start URL": (
        f"[profile x]\nsso_region = us-east-1\n{ROLE}",
        ["Add sso_start_url to [profile x]"],
    ),
    "legacy without region": (
        f"[profile x]\nsso_start_url = https://demo.awsapps.com/start\n{ROLE}",
        ["Add sso_region to [profile x]"],
    ),
    "start URLs that differ": (
        f"[profile x]\nsso_start_url = https://demo.awsapps.com/start/\n{SSO}",
        ["sso_start_url", "https://demo.awsapps.com/start/", "inconsistent", "[profile x]"],
    ),
    "regions that differ": (
        f"[profile x]\nsso_region = eu-west-1\n{SSO}",
        ["sso_region", "inconsistent", "Remove it from [profile x]"],
    ),
    "nothing at all": ("[profile x]\nregion = us-east-1\n", ["names no credentials"]),
    "a region that is none": (
        f"[profile x]\nrole_arn = {DEPLOY}\nsource_profile = dev\nregion = not a region\n",
        ["line 27", "which is not a region", "[profile x]"],
    ),
    "a chain without region": (
        f"[profile x]\nrole_arn = {DEPLOY}\nsource_profile = dev\n",
        ["names no region", "Add region", "[profile x]", "--region"],
    ),
    "a source that does not exist": (
        f"[profile x]\n{CHAIN}source_profile = dve\n",
        ['"dve"', "Did you mean source_profile = dev?"],
    ),
    "a source without credentials": (
        f"[profile x]\n{CHAIN}source_profile = y\n[profile y]\nregion = us-east-1\n",
        ['"y"', "Add sso_session, sso_account_id and sso_role_name to [profile y]"],
    ),
    "a source with its own mistake": (
        f"[profile x]\n{CHAIN}source_profile = y\n[profile y]\nsso_session = demo\n"
        "sso_account_id = 111122223333\n",
        ["Add sso_role_name to [profile y]"],
    ),
    "a source that nothing is near to": (
        f"[profile x]\n{CHAIN}source_profile = bb\n",
        ["Correct source_profile in [profile x] of ~/.aws/config, or add [profile bb]"],
    ),
    "no source": (f"[profile x]\n{CHAIN}", ["source_profile or credential_source", "[profile x]"]),
    "an empty source": (
        f"[profile x]\n{CHAIN}source_profile =\n",
        ['source_profile of profile "x" is empty'],
    ),
    "two sources": (
        f"[profile x]\n{CHAIN}source_profile = dev\ncredential_source = Environment\n",
        ["both source_profile and credential_source", "[profile x]"],
    ),
    "an unknown source": (f"[profile x]\n{CHAIN}credential_source = Nope\n", ['"Nope"']),
    "no keys in the environment": (
        f"[profile x]\n{CHAIN}credential_source = Environment\n",
        ["No credentials found", '"x"'],
    ),
    "a circle": (
        f"[profile x]\n{CHAIN}source_profile = y\n[profile y]\n{CHAIN}source_profile = x\n",
        ["go round in a circle", "x → y → x"],
    ),
    "its own source": (f"[profile x]\n{CHAIN}{SSO}source_profile = x\n", ["circle", "x → x"]),
    "an ARN that is none": (
        "[profile x]\nrole_arn = Deploy\nsource_profile = dev\nregion = us-east-1\n",
        ["line 25", '"Deploy"', "not the ARN of a role", "[profile x]"],
    ),
    "half of a pair of keys": (
        "[profile x]\naws_access_key_id = AKIA\n",
        ["[profile x]", "aws_secret_access_key is missing"],
    ),
    "empty keys": (
        "[profile x]\naws_access_key_id =\naws_secret_access_key =\n",
        ['profile "x" cannot be used', "access key id"],
    ),
    "a web identity without role": (
        "[profile x]\nweb_identity_token_file = /nowhere\n",
        ["web_identity_token_file but no role_arn"],
    ),
    "a web identity without its file": (
        f"[profile x]\n{CHAIN}web_identity_token_file = /nowhere\n",
        ["needs /nowhere", "No such file"],
    ),
    "a process that is not there": (
        "[profile x]\ncredential_process = /no/such/program\n",
        ["needs /no/such/program", "No such file"],
    ),
    "a process that fails": (
        "[profile x]\ncredential_process = sh -c 'echo first >&2; echo second >&2; exit 3'\n",
        ['credential_process of profile "x" failed: second', "by hand"],
    ),
    "a process that fails silently": (
        "[profile x]\ncredential_process = false\n",
        ['credential_process of profile "x" failed. Run it by hand'],
    ),
    "a process that is empty": ("[profile x]\ncredential_process =\n", ["is empty"]),
    "a process with an open quote": ("[profile x]\ncredential_process = 'a\n", ["quotation"]),
    "a process that prints no JSON": (
        "[profile x]\ncredential_process = echo SECRET\n",
        ["does not print the JSON"],
    ),
    "a process that prints a list": (
        "[profile x]\ncredential_process = echo []\n",
        ["does not print the JSON"],
    ),
    "a process of another version": (
        "[profile x]\ncredential_process = echo '{\"Version\":2}'\n",
        ["Unsupported version"],
    ),
    "a process that prints no keys": (
        "[profile x]\ncredential_process = echo '{\"Version\":1}'\n",
        ["AccessKeyId"],
    ),
    "a process whose keys have expired": (
        '[profile x]\ncredential_process = echo \'{"Version":1,"AccessKeyId":"A",'
        '"SecretAccessKey":"B","SessionToken":"C","Expiration":"2001-01-01T00:00:00Z"}\'\n',
        ["already expired", "credential_process"],
    ),
    "a process with a control character": (
        "[profile x]\ncredential_process = echo "
        '\'{"Version":1,"AccessKeyId":"A\\u0007","SecretAccessKey":"B"}\'\n',
        ['the credential_process of profile "x" prints an access key id'],
    ),
}

# A setting whose value stands below it is a block for botocore.
BLOCKS = {
    key: f"[profile x]\n{CHAIN if 'role' in key or 'source' in key else ''}{rest}{key} =\n  a = b\n"
    for key, rest in {
        "region": SSO,
        "sso_account_id": "sso_session = demo\nsso_role_name = Developer\n",
        "sso_session": ROLE,
        "source_profile": "",
        "external_id": "source_profile = dev\n",
        "role_session_name": "source_profile = dev\n",
        "aws_access_key_id": "aws_secret_access_key = x\n",
        "credential_process": "",
        "max_attempts": SSO,
        "services": SSO,
    }.items()
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_profile_is_named_with_its_fix(shared_world: World, mistake: str) -> None:
    text, words = MISTAKES[mistake]
    shared_world.add_config(text)
    failed = shared_world.run("x")
    assert_fails(failed, 3, *words)
    assert "SECRET" not in failed.err


@pytest.mark.parametrize("key", BLOCKS)
def test_a_block_in_place_of_a_value_is_named(shared_world: World, key: str) -> None:
    shared_world.add_config(BLOCKS[key])
    assert_fails(shared_world.run("x"), 3, f'{key} of profile "x"', f"Write {key} = … on one line")


def test_a_mistake_in_one_profile_harms_no_other(shared_world: World) -> None:
    """Whatever botocore can still read: all the mistakes together, under names of their own."""
    for number, (text, _) in enumerate([*MISTAKES.values(), *((t, []) for t in BLOCKS.values())]):
        shared_world.add_config(
            text.replace("x]", f"x{number}]")
            .replace(" s]", f" s{number}]")
            .replace("[profile y]", f"[profile y{number}]")
        )
    assert shared_world.run("dev").code == 0


def test_a_name_close_to_another_is_suggested(shared_world: World) -> None:
    words = ('no profile "legcy"', 'Did you mean "legacy"?', "ssoenv configure")
    assert_fails(shared_world.run("legcy"), 3, *words)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lgoin", 'Did you mean the command "ssoenv login"?'),
        ("prfiles", 'Did you mean the command "ssoenv profiles"?'),
        ("DEV", 'Did you mean "dev"?'),
        ("prdo", 'Did you mean "prod"?'),
        ("quux", "Available: dev, legacy, prod"),
    ],
)
def test_a_command_may_have_been_meant_and_case_is_no_difference(
    shared_world: World, name: str, hint: str
) -> None:
    assert_fails(shared_world.run(name), 3, f'no profile "{name}"', hint)


def test_an_unquoted_name_with_spaces_is_found(shared_world: World) -> None:
    shared_world.add_config(f"[profile two words]\n{SSO}")
    assert_fails(shared_world.run("two words"), 3, "[profile two words]", "[profile 'two words']")


@pytest.mark.parametrize("name", ["it's", 'a "b"', "c d"])
def test_where_to_add_what_is_missing_is_a_section_that_aws_reads(
    shared_world: World, name: str
) -> None:
    header = f"[{profile_header(name)}]"
    shared_world.add_config(f"{header}\nregion = us-east-1\n")
    for arguments in (["--profile", name], ["login", name]):
        result = shared_world.run(*arguments)
        assert (result.code, header in result.err) == (3, True), result
    shared_world.add_config(SSO)
    assert shared_world.run("--profile", name).code == 0


def test_in_the_credentials_file_a_section_has_no_profile_in_front(shared_world: World) -> None:
    credentials = shared_world.home / ".aws" / "credentials"
    credentials.write_text("[profile x]\naws_access_key_id = A\naws_secret_access_key = B\n")
    assert_fails(
        shared_world.run("x"), 3, "~/.aws/credentials", "[profile x]", "Change that line to [x]"
    )


def test_half_of_a_pair_of_keys_in_the_credentials_file_is_named(shared_world: World) -> None:
    (shared_world.home / ".aws" / "credentials").write_text("[x]\naws_access_key_id = A\n")
    assert_fails(shared_world.run("x"), 3, "[x] in ~/.aws/credentials", "aws_secret_access_key")


UNREADABLE = {
    "a section twice": (b"%s[profile dev]\n", "line 24: section [profile dev] appears twice"),
    "a setting twice": (
        b"%s[profile y]\na = 1\na = 2\n",
        "line 26: a is set twice (lines 25 and 26) in",
    ),
    "a byte order mark": (b"\xef\xbb\xbf%s", "line 1: the file begins with a byte order mark"),
    "a first section that is not closed": (b"[profile a\n%s", "line 1: [profile a is not closed"),
    "a section that is not closed": (b"%s[profile a\n", "line 24: [profile a is not closed"),
    "text before all": (b"hello\n%s", "line 1: text before the first [section]"),
    "a setting before all": (b"region = x\n%s", "line 1: text before the first [section]"),
    "UTF-16": (b"\xff\xfe%s", "is not UTF-8 text"),
    "Latin-1": (b"%s# caf\xe9\n", "is not UTF-8 text"),
    "a line of words": (b"%sjust words\n", "line 24: this is not a setting"),
    "NUL": (b"%s\0\n", "line 24: this is not a setting"),
    "a value on the next line": (
        b"%s[profile y]\nsso_account_id =\n  1111\n",
        "line 26: below a setting without a value, an indented line must be key = value",
    ),
}


@pytest.mark.parametrize("mistake", UNREADABLE)
@pytest.mark.parametrize("profile", ["dev", "ghost", None])
def test_a_file_that_no_aws_tool_can_read_is_named_with_its_line(
    shared_world: World, mistake: str, profile: str | None
) -> None:
    content, words = UNREADABLE[mistake]
    shared_world.config.write_bytes(content % (shared_world.config.read_bytes() + b"\n"))
    arguments = [profile] if profile else []
    assert_fails(shared_world.run(*arguments), 3, "~/.aws/config", words)


@pytest.mark.parametrize("profile", ["dev", None])
def test_a_broken_credentials_file_is_named_with_its_line(
    shared_world: World, profile: str | None
) -> None:
    (shared_world.home / ".aws" / "credentials").write_text("[a]\nb = c\n[a]\n")
    arguments = [profile] if profile else []
    assert_fails(shared_world.run(*arguments), 3, "~/.aws/credentials, line 3", "[a] appears twice")


def test_a_config_that_is_not_there(shared_world: World) -> None:
    shared_world.config.unlink()
    assert_fails(shared_world.run("dev"), 3, "~/.aws/config does not exist", "ssoenv configure")
    for command in ([], ["dev"], ["status"], ["logout"], ["pick"]):
        result = shared_world.run(*command, AWS_CONFIG_FILE="/no/such")
        assert result.code == 3
        assert "/no/such does not exist. Make" in result.err
    assert "/no/such does not exist" in shared_world.run("profiles", AWS_CONFIG_FILE="/no/such").err
    assert_fails(
        shared_world.run("dev", AWS_CONFIG_FILE=""), 3, "AWS_CONFIG_FILE names does not exist"
    )


@pytest.mark.parametrize("content", [b"", b"\n\n# nothing\n", b"[preferences]\na = b\n"])
def test_a_config_without_profiles(shared_world: World, content: bytes) -> None:
    shared_world.config.write_bytes(content)
    assert_fails(shared_world.run("dev"), 3, 'no profile "dev"', "ssoenv configure")
    assert_fails(shared_world.run(), 3, "has no profiles")


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "\udcff", "x" * 3000])
def test_a_strange_name_is_shown_on_one_line(shared_world: World, name: str) -> None:
    failed = shared_world.run(name)
    assert_fails(failed, 3, "there is no profile")
    assert "\x1b" not in failed.err


@pytest.mark.parametrize(
    "command",
    ["dev --refresh", "accounts dev", "login dev --device-code", "logout dev", "doctor"],
)
def test_an_endpoint_that_is_none_is_the_mistake_of_whoever_set_it(
    shared_world: World, command: str
) -> None:
    result = shared_world.run(
        *command.split(),
        AWS_ENDPOINT_URL_SSO="nonsense",
        AWS_ENDPOINT_URL_SSO_OIDC="nonsense",
    )
    assert result.code, result
    assert "nvalid endpoint: nonsense" in result.out + result.err, result
    assert "bug in ssoenv" not in result.err, result
