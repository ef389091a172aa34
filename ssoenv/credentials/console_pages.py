"""The pages of the web console: what they are called in its addresses."""

import re
from urllib.parse import urlencode, urlsplit

from botocore.loaders import Loader

from ssoenv.errors import UsageError
from ssoenv.hints import nearest

_OTHERWISE = {
    "budgets": "costmanagement",
    "ce": "costmanagement",
    "cost-explorer": "costmanagement",
    "dynamodb": "dynamodbv2",
    "logs": "cloudwatch",
    "opensearch": "aos",
    "sfn": "states",
    "ssm": "systems-manager",
    "stepfunctions": "states",
}
"""Services whose page is called otherwise than they are in the AWS CLI."""

_MORE = {
    *_OTHERWISE.values(),
    "billing",
    "codesuite",
    "cognito",
    "console",
    "events",
    "resource-groups",
    "servicequotas",
    "singlesignon",
    "support",
    "trustedadvisor",
    "vpc",
}
"""Pages that are no service of the AWS CLI."""


def unknown(service: str) -> str:
    """What to say of a ``service`` that neither the AWS CLI nor the table above has; else an empty
    text. Raises ``UsageError`` for one that cannot be part of an address."""
    if not service:
        return ""
    if not re.fullmatch(r"[a-z0-9]+([/-][a-z0-9]+)*", service):
        raise UsageError(f'"{service}" is not a console service', "Name one such as s3 or ec2")
    known = {*Loader().list_available_services("service-2"), *_MORE, *_OTHERWISE}
    first = service.partition("/")[0]
    if first in known:
        return ""
    near = nearest(first, sorted(known), 0.6)
    meant = f' Did you mean "{near}"?' if near else ""
    return f'ssoenv does not know a console service "{service}", and opens it as it is.{meant}'


def address(host: str, service: str, region: str) -> str:
    """The page of ``service``, or the console's first one, in ``region``."""
    page = _OTHERWISE.get(service, service) or "console"
    return f"https://{host}/{page}/home?{urlencode({'region': region})}"


def check(destination: str, host: str) -> str:
    """``destination``, if it is a page of the console at ``host`` or another page of its domain.
    Raises ``UsageError``."""
    try:
        parts = urlsplit(destination)
        is_whole = parts.scheme == "https" and parts.port in (None, 443) and "@" not in parts.netloc
    except ValueError:
        is_whole = False
    is_whole = is_whole and destination.isascii() and destination.isprintable()
    domain = host.removeprefix("console.")
    if not is_whole or " " in destination or not f".{parts.hostname}".endswith(f".{domain}"):
        raise UsageError(
            "--destination is not a page of this role's console",
            f"It begins with https://{host}/ or https://REGION.{host}/",
        )
    return destination
