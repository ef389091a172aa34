"""``ssoenv configure`` with a person at the terminal."""

import threading

import pytest

from tests.configure.expected import SESSION, profiles
from tests.signin.people import Browser, Person, plain


def test_a_newcomer_answers_three_questions_and_signs_in(world, tmp_path):
    world.config.unlink()
    world.idc.approval = "approve"
    browser = Browser(tmp_path / "browser")
    person = Person(world, "configure", **browser.environ)
    person.expect("Start URL of your AWS access portal: ")
    person.child.sendline("demo")
    person.expect('"demo" is not a start URL. It looks like')
    person.expect("Start URL of your AWS access portal: ")
    person.child.sendline("demo.awsapps.com/start/#/")
    person.expect("Region of Identity Center .us-east-1.: ")
    person.child.sendline("")
    for answer in ("x", "eu-central-1"):
        person.expect("Region for the new profiles, or - for none .us-east-1.: ")
        person.child.sendline(answer)
    assert 'the region: "x" is not a region' in person.seen
    person.expect("4 of 4 shown")
    person.child.send("readonly\x01\r")
    person.expect("Add 2 profiles in ~/.aws/config. .Y/n. ")
    person.child.sendline("")
    assert person.end() == 0
    assert "+[profile dev-ReadOnly]" in plain(person.seen)
    assert 'try one: eval "$(ssoenv dev-ReadOnly)"' in person.seen
    found = profiles(world)
    assert list(found) == [
        "sso-session demo",
        "profile dev-ReadOnly",
        "profile production-ReadOnly",
    ]
    assert found["profile dev-ReadOnly"]["region"] == "eu-central-1"
    assert world.variables("dev-ReadOnly")["AWS_ACCOUNT_ID"] == "111122223333"


def test_marked_roles_are_taken_and_no_means_no(bare):
    person = Person(bare, "configure", "--profile-region", "us-east-1")
    person.expect("0 marked, 4 of 4 shown")
    person.child.send("\t\x1b[B\t\r")
    person.expect("Add 2 profiles")
    assert "[profile dev-Developer]" in plain(person.seen)
    assert "[profile production-ReadOnly]" in plain(person.seen)
    assert "[profile dev-ReadOnly]" not in plain(person.seen)
    person.child.sendline("n")
    assert person.end() == 0
    assert "nothing has been changed" in person.seen
    assert bare.config.read_text() == SESSION


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("dev\x01\x7f\x7f\x7f\r", ["dev-Developer", "dev-ReadOnly"]),
        ("\x01dev\x01\r", ["production-ReadOnly", "sandbox-Administrator"]),
        ("\x1b[B\x1b[B\x1b[B\x1b[B\x1b[A\t\r", ["production-ReadOnly"]),
        ("\x1b[B\r", ["dev-ReadOnly"]),
        (" \x1b[B \r", ["dev-Developer", "production-ReadOnly"]),
        ("dev read\r", ["dev-ReadOnly"]),
        ("nothing fits\r" + "\x7f" * 12 + "sandbox\r", ["sandbox-Administrator"]),
    ],
)
def test_what_is_marked_is_taken_whatever_is_shown(bare, typed, taken):
    person = Person(bare, "configure", "--yes", "--profile-region", "us-east-1")
    person.expect("4 of 4 shown")
    person.child.send(typed)
    assert person.end() == 0
    assert list(profiles(bare))[1:] == [f"profile {name}" for name in taken]


@pytest.mark.parametrize("key", ["\x1b", "\x03"])
def test_leaving_the_list_changes_nothing(bare, key):
    person = Person(bare, "configure", "--profile-region", "us-east-1")
    person.expect("4 of 4 shown")
    person.child.send(f"dev\t{key}")
    assert person.end() == 130
    assert bare.config.read_text() == SESSION


@pytest.mark.parametrize("key", ["\x04", "\x03"])
def test_leaving_the_question_is_not_agreeing(bare, key):
    person = Person(bare, "configure", "--all")
    person.expect("Y/n. ")
    person.child.send(key)
    assert person.end() == 130
    assert plain(person.seen).endswith("[Y/n] ^C\r\n" if key == "\x03" else "[Y/n] \r\n")
    assert bare.config.read_text() == SESSION


def test_the_third_bad_answer_is_the_last(bare):
    person = Person(bare, "configure")
    for _ in range(3):
        person.expect("Region for the new profiles.*: ")
        person.child.sendline("x")
    assert person.end() == 2
    assert bare.config.read_text() == SESSION


def test_what_was_typed_before_a_question_is_no_answer_to_it(bare, monkeypatch):
    typed, accounts = threading.Event(), bare.idc._handlers["ListAccounts"]
    monkeypatch.setitem(
        bare.idc._handlers, "ListAccounts", lambda request: typed.wait() and accounts(request)
    )
    person = Person(bare, "configure", "--all")
    person.child.sendline("y")
    typed.set()
    person.expect("Y/n. ")
    person.child.sendline("n")
    assert person.end() == 0
    assert "nothing has been changed" in person.seen


def test_a_terminal_that_only_knows_lines_will_do(bare):
    person = Person(bare, "configure", "--profile-region", "us-east-1", TERM="dumb")
    person.expect("4 of 4. Type words to fit, or . to take all 4: ")
    person.child.sendline("")
    person.expect("4 of 4. Type words to fit, or . to take all 4: ")
    person.child.sendline("administrator")
    person.expect("1 of 4. Type words to fit, or . to take all 1: ")
    person.child.sendline("*")
    person.expect("Y/n. ")
    person.child.sendline("y")
    assert person.end() == 0
    assert list(profiles(bare)) == ["sso-session demo", "profile sandbox-Administrator"]


def test_of_several_sessions_one_is_chosen(bare):
    bare.config.write_text(SESSION.replace("demo", "other") + "\n" + SESSION)
    assert bare.run("configure", "--all", "--yes").code == 2
    person = Person(bare, "configure", "--all", "--yes")
    person.expect(r"Which session\? Number or name: ")
    person.child.sendline("3")
    person.expect(r'"3" is none of them. Type its number or its name')
    person.expect(r"Which session\? Number or name: ")
    person.child.sendline("2")
    assert person.end() == 0
    assert len(profiles(bare)) == 2 + 4


def test_a_config_that_changes_while_the_person_thinks_is_not_overwritten(bare):
    person = Person(bare, "configure", "--all")
    person.expect("Y/n. ")
    bare.config.write_text(SESSION + "[profile new]\nregion = us-east-1\n")
    person.child.sendline("y")
    assert person.end() == 3
    assert "meanwhile" in plain(person.seen)
    assert bare.config.read_text() == SESSION + "[profile new]\nregion = us-east-1\n"
