"""The pages that a person sees in the browser."""

from html import escape

from ssoenv.demo.center.wire import Response

_STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 12vh auto; padding: 0 1rem;
       color: #1c2733; background: #f7f8fa }
code { font-size: 1.4em; letter-spacing: .08em }
button { font: inherit; padding: .5em 1.4em; margin-right: .6em; border: 1px solid #9aa5b1;
         border-radius: .4em; background: #fff; cursor: pointer }
button.approve { background: #14532d; border-color: #14532d; color: #fff }
small { color: #5b6875 }
@media (prefers-color-scheme: dark) {
  body { color: #e6eaee; background: #14191f } button { background: #222b35; color: inherit }
  small { color: #9aa5b1 } }
"""


def page(title: str, content: str, status: int = 200) -> Response:
    """A whole page; ``content`` is HTML."""
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{content}\n"
        "<p><small>Identity Center in miniature, part of <code>ssoenv demo</code>. "
        "Nothing here is AWS.</small></p></body></html>\n"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Response(status, text.encode(), headers)


def message(text: str, status: int = 200) -> Response:
    """A page with one sentence."""
    return page("Identity Center", f"<p>{escape(text)}</p>", status)


def approval(
    client: str, user: str, request_id: str | None, user_code: str | None = None
) -> Response:
    """Approve or deny: the browser's own request, or that of the device with ``user_code``."""
    if user_code is None:
        action, name, value = "/authorize", "request", request_id or ""
        shown = ""
    else:
        action, name, value = "/device", "user_code", user_code
        shown = (
            f"<p>Approve only if your terminal shows <code>{escape(user_code)}</code> "
            "and you started this yourself.</p>"
        )
    return page(
        "Allow access?",
        f"<p><b>{escape(client)}</b> wants to act for <b>{escape(user)}</b>.</p>{shown}"
        f'<form method="post" action="{action}">'
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        '<button class="approve" name="decision" value="approve">Approve</button>'
        '<button name="decision" value="deny">Deny</button></form>',
    )


def enter_code() -> Response:
    """The page where a person types the code that a device shows."""
    return page(
        "Which code?",
        '<form method="get" action="/device"><p><label>The code that your terminal shows: '
        '<input name="user_code" autofocus autocomplete="off"></label></p>'
        '<button class="approve">Continue</button></form>',
    )


def decided(approved: bool) -> Response:
    """What a person sees after deciding about a device."""
    if approved:
        return message("Approved. You can close this page and go back to your terminal.")
    return message("Denied. No access was given. You can close this page.")
