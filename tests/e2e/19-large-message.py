#!/usr/bin/env python3
"""A 25 MB attachment: copied to several, changed in place, and too large."""

import base64
import os

from lib import EndToEnd, compose, main

ATTACHMENT = base64.encodebytes(os.urandom(18_000_000)).replace(b"\n", b"\r\n")  # 25 MB on the way


def letter(header: object) -> bytes:
    text = b"--b\r\nContent-Type: text/plain\r\n\r\nDear -n-\r\n--b\r\n"
    attached = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body = text + attached + ATTACHMENT + b"--b--\r\n"
    fields = ("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b")
    return compose(header, body=body, fields=fields)


class LargeMessage(EndToEnd):
    def test_copies(self):
        for service in ("submission", "pipe"):
            sent = letter({"to": ["ann@example.org", "bob@example.net"], "sub": {"-n-": ["Ann", "Bob"]}})
            self.submit(sent, service=service)
            for mail, name in zip(self.arrivals(), (b"Ann", b"Bob"), strict=True):
                self.assertIn(b"Dear " + name + b"\r\n--b", mail.body)
                self.assertTrue(ATTACHMENT in mail.body)

    def test_in_place(self):
        self.submit(letter({"sub": {"-n-": ["Ann"]}}), ["ann@example.org"])
        (mail,) = self.arrivals()
        self.assertTrue(mail.body.startswith(b"--b\r\nContent-Type: text/plain\r\n\r\nDear Ann\r\n--b"))
        self.assertTrue(mail.body.endswith(ATTACHMENT + b"--b--\r\n"))


class TooLarge(EndToEnd):
    settings = {"limits.message-bytes": "1000000"}

    def test_refused_for_good(self):
        with self.connect() as client:
            code, text = client.submit(letter({"to": ["ann@example.org", "bob@example.net"]}))
            self.assertEqual((code, text[:5]), (552, "5.3.4"))
            self.assertEqual(client.submit(compose({"to": ["ann@example.org"]}))[0], 250)
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["ann@example.org"])


if __name__ == "__main__":
    main()
