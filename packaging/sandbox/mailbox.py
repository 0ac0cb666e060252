"""The Maildir that everything ends in."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

# What Postfix and smtpapi-queue put in front of a message on its way.
TRACE = (b"return-path", b"x-original-to", b"delivered-to", b"received")


@dataclass(frozen=True)
class Mail:
    octets: bytes  # as delivered, CRLF
    arrived: float  # Unix time

    @property
    def recipient(self) -> str:
        return self.fields("Delivered-To")[0]

    @property
    def reverse_path(self) -> str:
        return self.fields("Return-Path")[0].strip("<>")

    @property
    def content(self) -> bytes:
        """Without the trace fields in front."""
        rest = self.octets
        while rest.split(b":", 1)[0].lower() in TRACE:
            rest = rest[_field_end(rest) :]
        return rest

    @property
    def body(self) -> bytes:
        return self.octets.partition(b"\r\n\r\n")[2]

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.octets, policy=policy.default)

    @property
    def text(self) -> str:
        """The text/plain body, or else the HTML, decoded."""
        part = self.message.get_body(("plain", "html"))
        return part.get_content().replace("\r\n", "\n") if part else ""

    def fields(self, name: str) -> list[str]:
        """Values of all fields of that name, unfolded and decoded."""
        return [str(value) for value in self.message.get_all(name, [])]


class Mailbox:
    def __init__(self, folder: Path):
        self._new = folder / "new"
        self._seen: set[str] = set()

    def __len__(self) -> int:
        """Messages that arrived and were not taken."""
        return len(self._names())

    def take(self) -> list[Mail]:
        """Everything that came since the last call, by recipient."""
        names = self._names()
        self._seen |= names
        return sorted((_read(self._new / name) for name in names), key=lambda mail: mail.recipient)

    def _names(self) -> set[str]:
        if not self._new.is_dir():
            return set()
        return {path.name for path in self._new.iterdir()} - self._seen


def _read(path: Path) -> Mail:
    octets = path.read_bytes().replace(b"\n", b"\r\n")
    return Mail(octets, path.stat().st_mtime)


def _field_end(octets: bytes) -> int:
    end = 0
    while True:
        end = octets.index(b"\r\n", end) + 2
        if octets[end : end + 1] not in (b" ", b"\t"):
            return end
