#!/usr/bin/env python3
"""Copies of messages with octets out of the ordinary, each as it was explained."""

from lib import EndToEnd, compose, main, postfix_only

TWO = {"to": ["ann@example.org", "bob@example.net"], "sub": {"-n-": ["Ann", "Bob"]}}
HTML = "Content-Type: text/html; charset=utf-8"


def with_encoding(charset: str, encoding: str) -> tuple[str, ...]:
    return (
        "MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={charset}",
        f"Content-Transfer-Encoding: {encoding}",
    )


CASES = {
    "empty body": compose(TWO, body=""),
    "eight bits": compose(TWO, body="Grüße -n-\n", fields=with_encoding("utf-8", "8bit")),
    "latin-1": compose(TWO, body="Grüße -n-\r\n".encode("latin-1"), fields=with_encoding("latin1", "8bit")),
    "eight bits, nothing to replace": compose(
        {"to": TWO["to"]}, body=bytes(range(128, 256)), fields=with_encoding("x-unknown", "8bit")
    ),
    "quoted-printable": compose(TWO, body="Gr=C3=BC=\n=C3=9Fe -=\nn-\n", fields=with_encoding("utf-8", "quoted-printable")),
    "base64": compose(TWO, body="SGVsbG8gLW4tCg==\n", fields=with_encoding("utf-8", "base64")),
    "dots": compose(TWO, body=".\n..\n-n-\n.\n"),
    "HTML in one line": compose(TWO, body="<p>-n-</p>" * 500 + "\n", fields=("MIME-Version: 1.0", HTML)),
    "no blank behind the colon": compose(TWO).replace(b"X-SMTPAPI: ", b"X-SMTPAPI:"),
    "two blanks behind the colon": compose(TWO).replace(b"X-SMTPAPI: ", b"X-SMTPAPI:  "),
    "tab behind the colon": compose(TWO).replace(b"X-SMTPAPI: ", b"X-SMTPAPI:\t"),
    "spelled otherwise": compose(TWO).replace(b"X-SMTPAPI", b"x-SmtpApi"),
}


class Octets(EndToEnd):
    def test_copies_arrive_as_explained(self):
        for why, sent in CASES.items():
            with self.subTest(why):
                explained = self.explain(sent)
                self.submit(sent, mail_options=("BODY=8BITMIME",))
                self.assert_as_explained(self.arrived(), explained)

    def test_no_final_line_end(self):
        self.submit(compose(TWO, body="Hello -n-"))
        self.assertEqual([mail.body for mail in self.arrivals()], [b"Hello Ann\r\n", b"Hello Bob\r\n"])

    @postfix_only("Debian's Sendmail offers no SMTPUTF8")
    def test_addresses_beyond_ascii(self):
        header = {"to": ["grüße@example.org", "bob@example.net"]}
        with self.connect() as client:
            code, text = client.submit(
                compose(header, subject="Grüße"), mail_options=("SMTPUTF8", "BODY=8BITMIME")
            )
            self.assertEqual(code, 250, text)
        mails = self.arrived()
        self.assertEqual(sorted(mails), ["bob@example.net", "grüße@example.org"])
        self.assertIn("Grüße".encode(), mails["bob@example.net"].octets)

    def test_line_breaks_in_values_start_no_field(self):  # SUB-10
        header = {"sub": {"-n-": ["a\r\nBcc: evil@example.net", "b\nX-Evil: 1"]}}
        self.submit(compose(header, subject="Hi -n-"), ["ann@example.org", "bob@example.net"])
        for mail in self.arrivals():
            self.assertEqual(mail.fields("Bcc") + mail.fields("X-Evil"), [])
            self.assertEqual(len(mail.fields("Subject")), 1)


if __name__ == "__main__":
    main()
