"""An SMTP client that can play somebody else and says what the server answered."""

import select
import smtplib
from typing import Iterable

Reply = tuple[int, str]


FOREIGN = "127.0.0.9"  # an address that the sandbox's settings do not trust


class Client(smtplib.SMTP):
    """`identity`: addr="203.0.113.9", login="ann". With `is_told` it is told by XCLIENT. Without, a client
    with an address comes from FOREIGN, and one with a login logs in."""

    def __init__(self, port: int, is_told: bool = True, **identity: str):
        comes_from = (FOREIGN, 0) if "addr" in identity and not is_told else None
        super().__init__("127.0.0.1", port, "app.example.com", 120, comes_from)
        self.ehlo()
        if not is_told and "login" in identity:
            self.login(identity["login"], "secret")
        if is_told and identity:
            words = " ".join(f"{name.upper()}={value}" for name, value in identity.items())
            code, text = self.docmd("XCLIENT", words)
            if code != 220:
                raise smtplib.SMTPResponseException(code, text)
            self.ehlo()

    def submit(
        self,
        octets: bytes,
        recipients: Iterable[str] = ("sink@example.com",),
        sender: str = "app@example.com",
        mail_options: Iterable[str] = (),
        rcpt_options: Iterable[str] = (),
    ) -> Reply:
        """The first refusal, or the answer to the message."""
        self.envelope(recipients, sender, mail_options, rcpt_options)
        code, text = self.docmd("DATA")
        if code != 354:
            return code, text.decode()
        self.send(stuffed(octets))
        return self.answer()

    def envelope(self, recipients, sender="app@example.com", mail_options=(), rcpt_options=()) -> None:
        self.command_encoding = "utf-8"
        self._must(self.docmd(" ".join((f"MAIL FROM:<{sender}>", *mail_options))))
        for recipient in recipients:
            self._must(self.docmd(" ".join((f"RCPT TO:<{recipient}>", *rcpt_options))))

    def answer(self) -> Reply:
        code, text = self.getreply()
        return code, text.decode()

    def has_answered(self, seconds: float) -> bool:
        """Whether the server said something within that time."""
        return bool(select.select([self.sock], [], [], seconds)[0])

    @staticmethod
    def _must(reply: tuple[int, bytes]) -> None:
        if reply[0] // 100 != 2:
            raise smtplib.SMTPResponseException(*reply)


def stuffed(octets: bytes) -> bytes:
    """As DATA sends it (RFC 5321 4.5.2); line ends are sent as they are."""
    lines = b"\r\n" + octets
    text = lines.replace(b"\r\n.", b"\r\n..")[2:]
    return text + (b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n")
