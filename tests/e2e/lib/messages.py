"""Messages with an X-SMTPAPI header."""

import itertools
import json

_number = itertools.count(1)


def compose(
    header: object = None,
    subject: str = "hi",
    body: str | bytes = "Hello\n",
    to: str = "sink@example.com",
    fields: tuple[str, ...] = (),
) -> bytes:
    """A message with CRLF line ends; in str bodies LF is enough. `header` is the X-SMTPAPI object or
    its text. `fields` come behind the others. It has all an MTA would add, so it arrives as sent."""
    lines = [
        "From: The App <app@example.com>",
        f"To: {to}",
        f"Subject: {subject}",
        "Date: Mon, 2 Jan 2023 03:04:05 +0000",
        f"Message-ID: <{next(_number)}@app.example.com>",
    ]
    if header is not None:
        lines.append(f"X-SMTPAPI: {header if isinstance(header, str) else folded(header)}")
    if isinstance(body, str):
        body = body.replace("\n", "\r\n").encode()
    head = "\r\n".join((*lines, *fields))
    return head.encode() + b"\r\n\r\n" + body


def folded(header: object) -> str:
    """JSON with a line for each member and element, so that no line gets long."""
    return json.dumps(header, separators=(",\r\n ", ": "))
