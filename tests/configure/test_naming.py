"""How profiles are called, whatever accounts are called."""

import re
import shlex

import pytest
from botocore.configloader import build_profile_map
from hypothesis import given
from hypothesis import strategies as st

from ssoenv.config import editor
from ssoenv.config.editor import Document
from ssoenv.configure import naming
from ssoenv.configure import template as template_parts
from ssoenv.errors import UsageError
from ssoenv.signin.accounts import Account

texts = st.text(max_size=20) | st.sampled_from(
    ["", "-", "..", "default", "a b", "a-b", "A_b", "[x]", 'q"', "é", "日本", "\n[profile x]\n"]
)
ids = st.integers(0, 10**12 - 1).map("{:012}".format)
accounts = st.lists(
    st.builds(Account, ids, texts, texts, st.just([])), max_size=8, unique_by=lambda a: a.account_id
)
roles = st.lists(st.sampled_from(["Admin", "ReadOnly", "a.b", "a+b", "a=b", "a,b"]), unique=True)


def one(name: str, account_id: str = "111122223333") -> Account:
    return Account(account_id, name, "", [])


def test_names_follow_the_template():
    account = Account("111122223333", "Data & ML (prod)", "Aws+Ml@example.com", [])
    pair = [(account, "ReadOnly")]
    for template, name in {
        "{account_name}-{role_name}": "Data-ML-prod-ReadOnly",
        "{account_id}.{role_name}": "111122223333.ReadOnly",
        "acme/{role_name}@{account_name}": "acme/ReadOnly@Data-ML-prod",
        "{session}:{email}": "corp:Aws-Ml-example.com",
        "{account_name|lower|replace:' & ':'_'}": "data_ml-prod",
        "{ account_name | replace:'Data & ':'' | upper }.{role_name}": "ML-PROD.ReadOnly",
        "{account_name|replace:'|':'x'|replace:\"}\":\"y\"}": "Data-ML-prod",
        "{account_name|replace:'Data & ML (prod)':''}-{role_name|lower}": "111122223333-readonly",
    }.items():
        template_parts.parse(template)
        assert list(naming.names(template, "corp", pair, ()).values()) == [name]


@pytest.mark.parametrize(
    "template",
    ["", "same", "{nobody}", "{account_name", "{account_name.__class__}", "{account_name!r}",
     "{account_name:>99999999}", "{}", "{0}", "{account_name} {role_name}", "{role_name}\n[x]",
     "{role_name}]", '{role_name}"', "{role_name};rm"],
)  # fmt: skip
def test_templates_that_cannot_name_profiles_are_refused(template):
    with pytest.raises(UsageError):
        template_parts.parse(template)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{acount_name}", "has no such field: {acount_name}. Did you mean {account_name}?"),
        ("{account_name|small}", 'has no such filter: "small". Available: lower, upper, trim, rep'),
        ("{account_name|}", 'has no such filter: ""'),
        ("{account_name|lower:'x'}", "has a wrong filter lower:'x'. lower"),
        ("{account_name|replace}", "has a wrong filter replace. replace:'OLD':'NEW'"),
        ("{account_name|replace:'':'x'}", "has a wrong filter replace:'':'x'"),
        ("{account_name|replace:a:b}", "has a filter that cannot be read: replace:a:b"),
        ("{account_name|replace:'a:'b'}", "not closed: a } or a quote is missing"),
        ("{account_name|lower", "has a { that is not closed"),
        ("account_name}", "has a } without a { before it"),
        ("{account_name} x", "holds what a profile name should not"),
        ("dev", "names no field"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(template, says):
    with pytest.raises(UsageError) as problem:
        template_parts.parse(template)
    assert says in str(problem.value)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Production", "Production"),
        ("Crème Brûlée", "Creme-Brulee"),
        ("日本 prod", "prod"),
        ("日本", ""),
        ("-rf /", "rf"),
        ("x\n[profile evil]\ny", "x-profile-evil-y"),
        ("$(touch x) `id` \"'\\", "touch-x-id"),
        ("\x1b[31mred", "31mred"),
        ("..", ""),
        ("a" * 300, "a" * 64),
    ],
)
def test_a_slug_is_harmless(text, slug):
    assert naming.slug(text) == slug


def test_two_of_one_name_both_get_their_account():
    pairs = [(one("dev", "111111111111"), "R"), (one("dev", "222222222222"), "R")]
    for order in (pairs, pairs[::-1]):
        assert naming.names(naming.TEMPLATE, "s", order, ()) == {
            ("111111111111", "R"): "dev-R-111111111111",
            ("222222222222", "R"): "dev-R-222222222222",
        }


def test_a_name_that_is_taken_is_left_to_whoever_has_it():
    pair = [(one("dev"), "R")]
    assert list(naming.names(naming.TEMPLATE, "s", pair, {"dev-R"}).values()) == [
        "dev-R-111122223333"
    ]
    taken = {"dev-R", "dev-R-111122223333", "dev-R-111122223333-2"}
    assert list(naming.names(naming.TEMPLATE, "s", pair, taken).values()) == [
        "dev-R-111122223333-3"
    ]


def test_nothing_is_ever_called_default():
    names = naming.names("{account_name}", "s", [(one("default"), "R")], ())
    assert list(names.values()) == ["default-111122223333"]


@given(accounts, roles, st.sets(texts, max_size=4), st.sampled_from(
    ["{account_name}-{role_name}", "{account_name}", "{role_name}", "{email}/{session}"]
))  # fmt: skip
def test_names_are_unique_harmless_and_do_not_depend_on_order(found, role_names, taken, template):
    pairs = [(account, role) for account in found for role in role_names]
    names = naming.names(template, "s", pairs, taken)
    assert names == naming.names(template, "s", pairs[::-1], taken)
    assert len(names) == len(pairs)
    assert len(set(names.values())) == len(pairs)
    assert not set(names.values()) & {*taken, "default"}
    document = Document(b"", "x")
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@+:/-]*", name)
        assert shlex.quote(name) == name
        document.add_section(editor.profile_header(name)).set({"region": "r"})
    again = Document(document.content(), "x")
    known = build_profile_map({section.name: {} for section in again.sections})["profiles"]
    assert set(known) == set(names.values())


@given(texts)
def test_an_account_name_in_the_config_is_one_line_of_ascii(text):
    shown = naming.shown(text)
    assert shown.isascii()
    assert shown == " ".join(shown.split())
    document = Document(b"[a]\n", "x")
    document.sections[0].set({"sso_account_name": shown} if shown else {})
    document.content()
