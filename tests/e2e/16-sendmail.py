#!/usr/bin/env python3
"""Mail from sendmail(1) meets the milter by non_smtpd_milters (PF-2, LM-22)."""

import subprocess

from lib import EndToEnd, compose, main


class Sendmail(EndToEnd):
    def sendmail(self, octets: bytes, *recipients: str, sender: str = "app@example.com") -> None:
        command = [*self.box.postfix.command("sendmail"), "-i", "-f", sender, "--", *recipients]
        subprocess.run(command, input=octets.replace(b"\r\n", b"\n"), check=True)

    def test_fan_out(self):
        self.sendmail(compose({"to": ["ann@example.org", "bob@example.net"]}), "sink@example.com")
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["ann@example.org", "bob@example.net"])

    def test_rewrite_with_another_recipient(self):
        self.sendmail(compose({"to": ["ann@example.org"], "sub": {"Hello": ["Bye"]}}), "sink@example.com")
        (mail,) = self.arrivals()
        self.assertEqual((mail.recipient, mail.body), ("ann@example.org", b"Bye\r\n"))

    def test_null_sender(self):
        self.sendmail(compose({"to": ["ann@example.org", "bob@example.net"]}), "sink@example.com", sender="<>")
        self.assertEqual([mail.reverse_path for mail in self.arrivals()], ["", ""])

    def test_bad_header(self):
        self.sendmail(compose("bad"), "ann@example.org")
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["app@example.com"])


if __name__ == "__main__":
    main()
