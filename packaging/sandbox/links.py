"""Links of a mail's HTML part, and following them as a reader's programs do."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser

from .mailbox import Mail

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    octets: bytes


class Links(HTMLParser):
    """`anchors` and `images` as they stand in the HTML part, `one_click` of List-Unsubscribe
    (RFC 8058) or ""."""

    def __init__(self, mail: Mail):
        super().__init__()
        self.anchors: list[str] = []
        self.images: list[str] = []
        self.one_click = "".join(mail.fields("List-Unsubscribe")).replace(" ", "").strip("<>")
        self.feed(mail.message.get_body(("html",)).get_content())

    def handle_starttag(self, tag: str, attributes: list) -> None:
        values = dict(attributes)
        if tag == "a":
            self.anchors.append(values["href"])
        if tag == "img":
            self.images.append(values["src"])


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(url: str, body: bytes | None = None) -> Answer:
    """The answer whatever its status; redirects are not followed. With a body it is a POST."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)
    request = urllib.request.Request(url, body, {"User-Agent": BROWSER})
    try:
        answer = opener.open(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return Answer(answer.status, dict(answer.headers), answer.read())
