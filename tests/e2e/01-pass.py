#!/usr/bin/env python3
"""Verdict pass: what has no X-SMTPAPI header goes on byte for byte, at once and under its own queue
ID; the X-SMTPAPI of an attached message is none of ours."""

from lib import EndToEnd, compose, main

BODIES = {
    "plain": b"Hello\r\n",
    "empty": b"",
    "dots": b".\r\n..\r\n. \r\n",
    "blanks at line ends": b"a \t\r\n \r\n\r\n\r\n",
    "eight bits": "Grüße\r\n".encode("latin-1") + "Grüße\r\n".encode() + bytes(range(128, 256)) + b"\r\n",
    "long line": b"x" * 5000 + b"\r\n",
    "tags nobody defined": b"Dear -name-, %city% {{x}} <%body%>\r\n",
    "broken MIME": b"--nothing\r\nContent-Type: text/html\r\n\r\n<p>=\r\n--nothing-\r\n",
}


class Pass(EndToEnd):
    def test_every_body_arrives_as_it_was_sent(self):
        for why, body in BODIES.items():
            with self.subTest(why):
                sent = compose(subject=why, body=body)
                queue_id = self.submit(sent, ["ann@example.org"])
                (mail,) = self.arrivals()
                self.assertEqual(mail.content, sent)
                self.assertRegex(self.box.mta.log_text(), f"{queue_id}: to=<ann@example.org>")

    def test_the_header_of_an_attached_message_stays(self):
        attached = compose(header="not even JSON")
        sent = compose(body=attached, fields=("Content-Type: message/rfc822",))
        self.submit(sent, ["ann@example.org", "bob@example.net"])
        self.assertEqual([mail.content for mail in self.arrivals()], [sent, sent])


if __name__ == "__main__":
    main()
