"""packaging/try once everything is built: starts a sandbox, sends one message with an X-SMTPAPI
header, shows the copies, follows their links, and leaves the sandbox running."""

import argparse
import contextlib
import json
import os
import shutil
import smtplib
import sqlite3
import sys
import time
from email.header import Header
from email.message import EmailMessage
from html import escape
from pathlib import Path

from .columns import side_by_side, wrapped
from .links import Links, ask
from .mailbox import Mail
from .postfix import missing
from .sandbox import Sandbox, remove
from .wait import until

LATER = 8  # seconds until the last copy is due
SENDER = "shop@example.com"
TO = "customers@example.com"  # nobody, since the header names the recipients
TARGET = "https://shop.example.com/orders?id=-order-"  # the link in the HTML part
SHOWN = ("To", "Subject")


def example(due: int) -> tuple[dict, str, str]:
    """Header object, subject and body: three recipients, the last of them served at `due`."""
    header = {
        "to": ["Ann Lee <ann@example.org>", "Bob <bob@example.net>", "Zoë <zoe@example.edu>"],
        "sub": {
            "-name-": ["Ann", "Bob", "Zoë"],
            "-order-": ["314", "271", "828"],
            "-points-": ["2,500", "40", "120"],
            "-offer-": ["-gold-", "-basic-", "-basic-"],
        },
        "section": {
            "-gold-": "Gold members pay no postage, and you have -points- points.",
            "-basic-": "You have -points- points.",
        },
        "filters": {
            "footer": {"settings": {"enable": 1, "text/plain": "\nThe Shop, 1 Main Street"}},
            "clicktrack": {"settings": {"enable": 1}},
            "opentrack": {"settings": {"enable": 1}},
            "subscriptiontrack": {"settings": {"enable": 1, "text/html": "<p><% Unsubscribe %></p>"}},
        },
        "send_each_at": [0, 0, due],
    }
    body = "Hello -name-,\n\nyour order -order- is on its way.\n-offer-\n"
    return header, "Order -order-: thank you, -name-", body


def as_message(header: dict, subject: str, body: str) -> str:
    field = Header(json.dumps(header), header_name="X-SMTPAPI", maxlinelen=76)
    parts = EmailMessage()
    parts.set_content(body)
    text = escape(body.strip()).replace("\n", "<br>")
    parts.add_alternative(f'<html><body><p>{text}</p><p><a href="{TARGET}">Where is it?</a></p></body></html>', "html")
    return (
        f"From: The Shop <{SENDER}>\n"
        f"To: {TO}\n"
        f"Subject: {subject}\n"
        f"Message-ID: <{time.time_ns()}@example.com>\n"
        f"X-SMTPAPI: {field.encode(splitchars=' ')}\n"
        f"{parts.as_string()}"
    )


def as_lines(header: dict) -> list[str]:
    """The field as JSON is written for people: a line for each member and each tag."""
    return f"X-SMTPAPI: {_pretty(header, depth=2)}".splitlines()


def _pretty(value: object, depth: int, indent: str = "  ") -> str:
    if depth == 0 or not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    members = (f"{indent}{json.dumps(k)}: {_pretty(v, depth - 1, indent + '  ')}" for k, v in value.items())
    return "{\n" + ",\n".join(members) + f"\n{indent[2:]}}}"


class Screen:
    """Standard output: a terminal that is rewritten while waiting, or plain lines."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.width = max(24, shutil.get_terminal_size((100, 24)).columns - 1)

    def step(self, text: str) -> None:
        print(f"\n{self._bold('==> ' + text)}", flush=True)

    def show(self, text: str) -> None:
        print(text, flush=True)

    def paragraph(self, text: str) -> None:
        self.show("\n".join(wrapped(text, self.width)))

    def wait(self, condition, what: str, seconds: float) -> None:
        """Waits with a countdown of whole seconds where the line can be rewritten."""
        end = time.time() + seconds
        while time.time() < end and not condition():
            if self.is_terminal:
                print(f"\r    {what}: {end - time.time():.0f} s ", end="", flush=True)
            time.sleep(0.05)
        if self.is_terminal:
            print("\r\033[K", end="", flush=True)

    def _bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self.is_terminal else text


def as_read(mail: Mail) -> str:
    """A copy as its reader sees it."""
    fields = "\n".join(f"{name}: {', '.join(mail.fields(name))}" for name in SHOWN)
    return f"{fields}\n\n{mail.text}"


def clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment)) + f".{int(moment % 1 * 10)}"


def show_example(sandbox: Sandbox, screen: Screen) -> list[Mail]:
    """What came out, the one sent later at the end."""
    due = int(time.time()) + LATER
    header, subject, body = example(due)
    screen.step("This message goes in")
    screen.show(f"From: {SENDER}\nTo: {TO}\nSubject: {subject}")
    for line in as_lines(header):
        screen.paragraph(line)
    screen.show(f"\n{body}\n(and the same as HTML, with a link to {TARGET})\n")

    started = time.time()
    port = sandbox.postfix.ports["submission"]
    with smtplib.SMTP("127.0.0.1", port, local_hostname="shop.example.com") as line:
        line.sendmail(SENDER, [TO], as_message(header, subject, body))
    screen.show(f"Postfix took it in {time.time() - started:.2f} s.")

    screen.step(f"Waiting for three copies; Zoë's is due at {clock(due)} (send_each_at)")
    until(lambda: len(sandbox.mailbox) >= 2, f"the first two copies; see {sandbox.folder}/log")
    early = sandbox.mailbox.take()
    for mail in early:
        screen.show(f"    {mail.recipient}: arrived after {mail.arrived - started:.2f} s")
    screen.wait(lambda: len(sandbox.mailbox) > 0, "until the last one is due", due - time.time())
    until(lambda: len(sandbox.mailbox) > 0, f"the last copy; see {sandbox.folder}/log")
    (late,) = sandbox.mailbox.take()
    screen.show(
        f"    {late.recipient}: arrived at {clock(late.arrived)}, {max(0, late.arrived - due):.2f} s after its time"
    )

    screen.step("What came out")
    went_in = [("What went in", f"To: {TO}\nSubject: {subject}\n\n{body}")]
    came_out = [(mail.recipient, as_read(mail)) for mail in (*early, late)]
    screen.show(side_by_side((went_in if screen.width >= 110 else []) + came_out, screen.width))
    return [*early, late]


def show_links(sandbox: Sandbox, screen: Screen, mails: list[Mail]) -> None:
    """A click and an open by the first reader; the last one leaves."""
    reader, leaver = mails[0], mails[-1]
    screen.step(f"{reader.recipient} opens the mail and clicks; {leaver.recipient} unsubscribes")
    links = Links(reader)
    pixel = ask(links.images[-1])
    screen.show(f"    open:        {pixel.status} {pixel.headers['Content-Type']}, {len(pixel.octets)} bytes")
    click = ask(links.anchors[0])
    screen.show(f"    click:       {click.status} to {click.headers['Location']}")
    left = ask(Links(leaver).one_click, b"List-Unsubscribe=One-Click")
    screen.show(f"    unsubscribe: {left.status}, by the button of a mail program (RFC 8058)")
    found = until(lambda: _events(sandbox), f"events of the three; see {sandbox.folder}/log")
    screen.show("In the store:")
    for kind, recipient in found:
        screen.show(f"    {kind:12} {recipient}")
    screen.show(sandbox.control("suppression", "list").stdout.decode().rstrip())

    other = Links(mails[1])
    screen.step("Open these in a browser on this machine")
    # Not wrapped, so that they can be copied.
    screen.show(f"{mails[1].recipient} clicks, and can unsubscribe:\n\n  {other.anchors[0]}\n\n  {other.anchors[-1]}")


def _events(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Kind and recipient, once the three are there."""
    kinds = {5: "open", 6: "click", 8: "unsubscribe"}  # numbers of EventKind
    with contextlib.closing(sqlite3.connect(sandbox.folder / "store" / "store.db", timeout=30)) as store:
        rows = store.execute("SELECT kind, recipient FROM event WHERE kind IN (5, 6, 8) ORDER BY id").fetchall()
    return [(kinds[kind], recipient.decode()) for kind, recipient in rows] if len(rows) >= len(kinds) else []


def show_how_to_go_on(sandbox: Sandbox, screen: Screen) -> None:
    ports = sandbox.postfix.ports
    field = 'X-SMTPAPI: {"sub": {"-n-": ["Ann"]}}'
    screen.step("It is still running: try your own")
    screen.paragraph(
        f"Your application can send to 127.0.0.1:{ports['submission']}, without login or TLS; messages with "
        f"headers of more than 60,000 bytes go to 127.0.0.1:{ports['pipe']}. Addresses at example.com, .org, "
        ".net and .edu are served. Or send by hand:"
    )
    screen.show(
        f"""
  swaks --server 127.0.0.1:{ports['submission']} --from me@example.com --to ann@example.org \\
    --header '{field}' --body 'Hello -n-'
  printf '%s\\n' '{field}' '' 'Hello -n-' |
    sendmail -C {sandbox.postfix.etc} -f me@example.com ann@example.org

See what becomes of it:

  cd {sandbox.folder}
  ls mail/all/new; tail log/*
  bin/smtpapictl --config smtpapi.conf queue list
  bin/smtpapictl --config smtpapi.conf suppression list
  bin/smtpapictl --config smtpapi.conf doctor --postfix-config postfix

End it:

  packaging/try --stop"""
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    screen = Screen()
    # Where the running sandbox is.
    mark = options.build / "try-folder"

    if mark.exists():
        folder = Path(mark.read_text())
        if folder.exists():
            remove(folder)
            screen.show(f"Ended what ran below {folder} and removed the folder.")
        mark.unlink()
    elif options.stop:
        screen.show("Nothing is running.")
    if options.stop:
        return 0

    if reason := missing():
        print(f"packaging/try: {reason}", file=sys.stderr)
        return 77
    sandbox = Sandbox(options.build / "milter", prefix="smtpapi-try-")
    mark.write_text(str(sandbox.folder))
    screen.step(f"Starting a private Postfix, the milter, the queue and smtpapi-track below {sandbox.folder}")
    try:
        sandbox.configure()
        sandbox.start()
        show_links(sandbox, screen, show_example(sandbox, screen))
    except (OSError, RuntimeError, smtplib.SMTPException, sqlite3.Error) as error:
        print(f"\npackaging/try: {error}", file=sys.stderr)
        print(f"The logs are in {sandbox.folder}/log; packaging/try --stop removes them.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; packaging/try --stop ends what is running.", file=sys.stderr)
        return 130
    show_how_to_go_on(sandbox, screen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
