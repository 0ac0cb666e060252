#!/usr/bin/env python3
"""Account settings (PIPE-1, FLT-2, FLT-3): milter.scope = all applies them to every message, each
login may have its own, and SIGUSR1 makes the milter read them again."""

import json
import re
import signal

from lib import EndToEnd, compose, main
from sandbox.wait import until


def footer(text: str) -> str:
    return json.dumps({"filters": {"footer": {"settings": {"enable": 1, "text/plain": text}}}})


class Account(EndToEnd):
    @classmethod
    def prepare(cls, box):
        cls.settings_file = box.folder / "settings.json"
        cls.settings_file.write_text(footer("Everybody's footer"))
        accounts = box.folder / "accounts"
        accounts.mkdir()
        (accounts / "ann.json").write_text(footer("Ann's footer"))
        box.settings |= {
            "milter.scope": "all",
            "account.settings": str(cls.settings_file),
            "account.by-login": str(accounts),
        }
        box.write_config()

    def body_of(self, octets: bytes, **identity: str) -> str:
        with self.connect(**identity) as client:
            self.assertEqual(client.submit(octets, ["bob@example.net"])[0], 250)
        (mail,) = self.arrivals()
        return mail.text

    def test_a_message_without_header(self):
        self.assertEqual(self.body_of(compose()), "Hello\nEverybody's footer\n")

    def test_the_header_overrides(self):
        for header, want in (
            ({"filters": {"footer": {"settings": {"enable": 0}}}}, "Hello\n"),
            (json.loads(footer("Mine")), "Hello\nMine\n"),
            ({"category": "x"}, "Hello\nEverybody's footer\n"),
        ):
            self.assertEqual(self.body_of(compose(header)), want)

    def test_settings_of_a_login(self):
        self.assertEqual(self.body_of(compose(), login="ann"), "Hello\nAnn's footer\n")
        self.assertEqual(self.body_of(compose(), login="nobody-special"), "Hello\nEverybody's footer\n")
        self.assertEqual(self.body_of(compose(), login="../settings"), "Hello\nEverybody's footer\n")

    def test_foreign_mail_is_left_alone(self):
        self.assertEqual(self.body_of(compose(), addr="203.0.113.9"), "Hello\n")

    def test_copies_get_the_footer_once(self):
        self.submit(compose({"to": ["ann@example.org", "bob@example.net"]}))
        for mail in self.arrivals():
            self.assertEqual(mail.text, "Hello\nEverybody's footer\n")

    def test_reload(self):
        self.settings_file.write_text(footer("New footer"))
        self.box.milter.signal(signal.SIGUSR1)
        until(lambda: "New footer" in self.body_of(compose()), "the new settings")
        self.settings_file.write_text(footer("Everybody's footer"))
        self.box.milter.signal(signal.SIGUSR1)
        until(lambda: "Everybody" in self.body_of(compose()), "the old settings")


if __name__ == "__main__":
    main()
