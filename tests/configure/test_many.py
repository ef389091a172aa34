"""``ssoenv configure`` where somebody may use 1,000 roles in 300 accounts."""

from tests.configure.expected import ALL, SESSION, configured, profiles
from tests.conftest import World
from tests.test_accounts import big

ROLES = 1000


def test_a_thousand_profiles_are_made_narrowed_renamed_and_pruned(bare: World) -> None:
    bare.idc.accounts = big(200) + big(300, 4)[200:]
    configured(bare, *ALL, "--account", "team 0*", "--exclude", "*/Developer")
    assert len(profiles(bare)) == 1 + 200
    configured(bare, *ALL)
    assert len(profiles(bare)) == 1 + ROLES
    before = bare.config.read_bytes()
    template = ("--name", "{role_name|lower}.{account_name|replace:'team ':''}")
    configured(bare, "--rename", "--yes", *template)
    found = profiles(bare)
    assert len(found) == 1 + ROLES
    assert found["profile developer.299"]["sso_account_id"] == "100000000299"
    configured(bare, "--rename", "--yes")
    assert bare.config.read_bytes() == before
    bare.idc.accounts = big(1, 1)
    configured(bare, "--prune", "--yes")
    assert list(profiles(bare)) == ["sso-session demo", "profile team-000-Administrator"]


def test_a_thousand_profiles_of_granted_are_imported(bare: World) -> None:
    text = "".join(
        f"[profile p{number}]\ngranted_sso_start_url = https://demo.awsapps.com/start\n"
        f"granted_sso_region = us-east-1\ngranted_sso_account_id = {10**11 + number}\n"
        f"granted_sso_role_name = R\ncredential_process = granted credential-process --profile p\n"
        for number in range(ROLES)
    )
    bare.config.write_text(SESSION + text)
    result = bare.run("configure", "--import", "--yes")
    assert (result.code, "turn 1,000 profiles into SSO profiles" in result.err) == (0, True)
    assert len(result.err.splitlines()) < 70
    found = profiles(bare)
    assert found["profile p999"] == {
        "sso_session": "demo",
        "sso_account_id": "100000000999",
        "sso_role_name": "R",
    }
