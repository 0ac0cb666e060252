#!/usr/bin/env python3
"""Verdict strip (TR-3): nobody untrusted gets anything done by the header. It is removed, and the
message goes on to the recipients of the envelope."""

from lib import EndToEnd, compose, main, postfix_only

HEADER = {"to": ["victim@example.net"], "sub": {"Hello": ["Bye"]}}


class Strip(EndToEnd):
    def test_a_foreign_client_cannot_use_the_header(self):
        sent = compose(HEADER, fields=("X-SMTPAPI-Part: 2/2 {}", "x-smtpapi: {}"))
        with self.connect(addr="203.0.113.9", name="far.example.net") as client:
            self.assertEqual(client.submit(sent, ["ann@example.org"])[0], 250)
        (mail,) = self.arrivals()
        self.assertEqual(mail.recipient, "ann@example.org")
        self.assertEqual(mail.fields("X-SMTPAPI") + mail.fields("X-SMTPAPI-Part"), [])
        self.assertEqual(mail.body, b"Hello\r\n")

    def test_a_bad_header_of_a_foreign_client_is_no_error(self):
        with self.connect(addr="203.0.113.9") as client:
            self.assertEqual(client.submit(compose("{{{"), ["ann@example.org"])[0], 250)
        (mail,) = self.arrivals()
        self.assertEqual((mail.recipient, mail.fields("X-SMTPAPI")), ("ann@example.org", []))

    def test_a_login_makes_the_same_client_trusted(self):
        with self.connect(addr="203.0.113.9", login="ann") as client:
            self.assertEqual(client.submit(compose(HEADER), ["ann@example.org"])[0], 250)
        (mail,) = self.arrivals()
        self.assertEqual((mail.recipient, mail.body), ("victim@example.net", b"Bye\r\n"))

    @postfix_only("the pipe is Postfix's")
    def test_the_pipe_strips_too(self):
        with self.connect("pipe", addr="203.0.113.9") as client:
            self.assertEqual(client.submit(compose(HEADER), ["ann@example.org"])[0], 250)
        (mail,) = self.arrivals()
        self.assertEqual((mail.recipient, mail.body), ("ann@example.org", b"Hello\r\n"))
        self.assertEqual(mail.fields("X-SMTPAPI"), [])


if __name__ == "__main__":
    main()
