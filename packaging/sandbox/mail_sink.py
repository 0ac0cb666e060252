"""An SMTP server that puts all mail into one Maildir, as Postfix's virtual(8) would."""

import itertools
import os
import socketserver
import threading
from pathlib import Path

OFFER = ("mx.example.test", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES")


class MailSink:
    """Listens on loopback from start() to stop(). `refusals`: address or domain -> reply to its RCPT,
    "450 4.2.0 try later"; mail for bulk.test is taken and thrown away."""

    def __init__(self, port: int, maildir: Path):
        self.refusals: dict[str, str] = {}
        self.maildir = maildir
        self._port = port
        self._numbers = itertools.count(1)

    def start(self) -> None:
        for name in ("tmp", "new"):
            (self.maildir / name).mkdir(parents=True, exist_ok=True)
        self._server = _Server(("127.0.0.1", self._port), _Session)
        self._server.sink = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def refusal(self, recipient: str) -> str | None:
        return self.refusals.get(recipient, self.refusals.get(recipient.rpartition("@")[2]))

    def keep(self, reverse_path: str, recipients: list[str], lines: list[bytes]) -> None:
        text = b"".join(lines)
        for recipient in recipients:
            if recipient.endswith("@bulk.test"):
                continue
            name = f"{os.getpid()}.{next(self._numbers)}.mx"
            trace = f"Return-Path: <{reverse_path}>\nX-Original-To: {recipient}\nDelivered-To: {recipient}\n"
            (self.maildir / "tmp" / name).write_bytes(trace.encode("utf-8", "surrogateescape") + text)
            os.rename(self.maildir / "tmp" / name, self.maildir / "new" / name)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024  # a session beyond it may hang for a minute


class _Session(socketserver.StreamRequestHandler):
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._forget()
        self._say("220 mx.example.test ESMTP")
        while line := self.rfile.readline():
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb = text[:4].upper()
            if verb == "EHLO":
                self._say(*(f"250-{word}" for word in OFFER[:-1]), f"250 {OFFER[-1]}")
            elif verb == "MAIL":
                self._reverse_path = _address(text)
                self._say("250 2.1.0 ok")
            elif verb == "RCPT":
                self._recipient(_address(text))
            elif verb == "DATA":
                self._data()
            elif verb == "RSET":
                self._forget()
                self._say("250 2.0.0 ok")
            elif verb == "QUIT":
                return self._say("221 2.0.0 bye")
            else:
                self._say("250 2.0.0 ok")

    def _recipient(self, address: str) -> None:
        refusal = self.server.sink.refusal(address)
        if not refusal:
            self._recipients.append(address)
        self._say(refusal or "250 2.1.5 ok")

    def _data(self) -> None:
        if not self._recipients:
            return self._say("503 5.5.1 no recipients")
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append((line[1:] if line.startswith(b".") else line).replace(b"\r\n", b"\n"))
        if line:
            self.server.sink.keep(self._reverse_path, self._recipients, lines)
            self._say("250 2.0.0 kept")
        self._forget()

    def _forget(self) -> None:
        self._reverse_path, self._recipients = "", []

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()


def _address(command: str) -> str:
    """What stands between the first "<" and the last ">" in front of the parameters."""
    return command.partition("<")[2].rpartition(">")[0]
