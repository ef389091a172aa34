"""A browser for tests, run by $BROWSER: FOLDER URL. It notes the address it was given, goes
there, follows redirects, and keeps the last page."""

import os
import sys
import urllib.error
import urllib.request

folder, address = sys.argv[1:]
with open(os.path.join(folder, "visits"), "a", encoding="utf-8") as log:
    log.write(address + "\n")
print("a browser that talks too much, on stdout")
print("… and on stderr", file=sys.stderr)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    page = opener.open(address, timeout=30).read()
except urllib.error.HTTPError as error:
    page = error.read()
with open(os.path.join(folder, "page.html"), "wb") as file:
    file.write(page)
