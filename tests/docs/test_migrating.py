"""docs/migrating.md: what it says to type is understood, by the program's own parser."""

import re

import pytest

from tests.docs import pages
from tests.docs.test_commands import CALL, check

PAGE = "docs/migrating.md"
TOOLS = {
    "The AWS CLI": r"(eval \"\$\()?aws |export AWS_PROFILE",
    "aws-vault": r"(eval \"\$\()?aws-vault ",
    "Granted": "(assume|granted)",
    "aws-sso-cli": r"(eval \$\()?aws-sso[ -]",
    "aws-sso-util": "aws-sso-util ",
    "ssocreds, ssocred": "ssocreds?",
    "awsume": "awsume ",
    "yawsso": "yawsso",
    "saml2aws": r"(eval \$\()?saml2aws ",
}


def test_every_tool_has_its_table() -> None:
    text = (pages.ROOT / PAGE).read_text(encoding="utf-8")
    assert re.findall("^## (.*)$", text, re.M) == list(TOOLS)


@pytest.mark.parametrize("tool", TOOLS)
def test_what_to_type_now_is_understood(tool: str) -> None:
    head, *rows = pages.rows(PAGE, tool)
    assert head == ("you typed", "now type")
    assert len(rows) >= 3
    for before, now in rows:
        [typed] = re.findall("`(.+?)`", before)
        assert re.match(TOOLS[tool], typed), typed
        if now == "—":
            continue
        codes = re.findall("`(.+?)`", now)
        calls = [match[1].strip() for code in codes for match in CALL.finditer(code)]
        assert calls or codes == ['eval "$(ssoenv)"'], now
        for call in calls:
            check(call)


@pytest.mark.parametrize("tool", TOOLS)
def test_what_ssoenv_lacks_is_said(tool: str) -> None:
    text = (pages.ROOT / PAGE).read_text(encoding="utf-8")
    section = text.partition(f"\n## {tool}\n")[2].partition("\n## ")[0]
    assert re.search(r"What (the )?\S+( CLI)? ha(s|ve) that\s+ssoenv\s+does\s+not: ", section)
