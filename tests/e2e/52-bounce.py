#!/usr/bin/env python3
"""Bounces come back to the copy's own address: a real MTA makes the report and brings it."""

import json
import shutil
import smtplib
import subprocess

from lib import MTA, EndToEnd, compose, main
from lib.end_to_end import PROGRAMS
from lib.store_lock import store_locked
from sandbox.ports import PortBlock
from sandbox.wait import until

SINK = "/usr/sbin/smtp-sink"


class Bounce(EndToEnd):
    settings = {"inject.return-path": "bounces@bounce.test"}

    @classmethod
    def prepare(cls, box) -> None:
        shutil.copy(PROGRAMS / "smtpapi-bounce", box.program("smtpapi-bounce"))
        if MTA == "sendmail":
            box.mta.before_snippet = "define(`SMTPAPI_BOUNCE_DOMAIN', `bounce.test')dnl\n"
            box.mta.sink.refusals = {"refuses.test": "554 5.0.0 no"}
            box.mta.configure()
            return
        master = box.postfix.etc / "master.cf"
        text = master.read_text()
        assert "/usr/sbin/smtpapi-bounce --" in text
        master.write_text(
            text.replace(
                "/usr/sbin/smtpapi-bounce --", f"{box.program('smtpapi-bounce')} --config {box.config} --"
            )
        )
        block = PortBlock()
        cls.addClassCleanup(block.release)
        refuses = f"127.0.0.1:{block.ports[0]}"
        sink = subprocess.Popen([SINK, "-u", "nobody", "-f", ".", refuses, "10"])
        cls.addClassCleanup(sink.wait)
        cls.addClassCleanup(sink.terminate)
        box.postfix.set(
            "relay_domains=bulk.test bounce.test refuses.test",
            "transport_maps=inline:{ bulk.test=discard: bounce.test=smtpapi-bounce: "
            f"{{refuses.test=smtp:[127.0.0.1]:{block.ports[0]}}} }}",
        )

    def events(self, *words: str) -> list[dict]:
        done = self.box.control("events", "--all", "--json", *words)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def listed(self, address: str) -> list[dict]:
        done = self.box.control("suppression", "search", "--json", address)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def fan_out(self, *recipients: str) -> None:
        self.submit(compose({"to": list(recipients), "unique_args": {"job": "7"}}))

    def test_a_refusal_becomes_event_and_list_entry(self):
        self.fan_out("ann@refuses.test", "bob@example.org")
        until(lambda: self.events("--event", "bounce"), "the event", 60)
        mail = self.arrived()["bob@example.org"]
        self.assertRegex(mail.reverse_path, r"^bounces\+[a-z2-7]{45}@bounce\.test$")
        [event] = self.events("--event", "bounce", "--recipient", "ann@refuses.test")
        self.assertEqual(event["email"], "ann@refuses.test")
        self.assertEqual(event["unique_args"], {"job": "7"})
        self.assertTrue(event["reason"])
        self.assertEqual(len(self.listed("ann@refuses.test")), 1)
        self.assertEqual(self.listed("bob@example.org"), [])

    def test_one_message_in_place_has_its_address_too(self):
        self.submit(compose({"unique_args": {"job": "8"}}, to="ida@example.org"), ["ida@example.org"])
        address = self.arrived()["ida@example.org"].reverse_path
        self.assertRegex(address, r"^bounces\+[a-z2-7]{45}@bounce\.test$")
        self.inject(address, b"Subject: failure notice\r\n\r\n<ida@example.org>:\r\n550 5.1.1 no\r\n")
        until(lambda: self.listed("ida@example.org"), "the entry", 60)
        [event] = self.events("--event", "bounce", "--recipient", "ida@example.org")
        self.assertEqual(event["unique_args"], {"job": "8"})

    def inject(self, recipient: str, octets: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self.box.mta.ports["inject"]) as client:
            client.sendmail("", [recipient], octets)

    def test_only_the_address_names_a_copy(self):
        self.fan_out("cy@example.org", "dee@example.org")
        address = self.arrived()["cy@example.org"].reverse_path
        report = (
            b"From: MAILER-DAEMON@example.net\r\nTo: x@bounce.test\r\nSubject: failure notice\r\n\r\n"
            b"Hi. This is the qmail-send program at example.net.\r\n\r\n"
            b"<dee@example.org>:\r\nRemote host said: 550 5.1.1 no such user\r\n"
        )
        self.inject("bounces+" + "a" * 45 + "@bounce.test", report)
        self.inject("bounces@bounce.test", report)
        self.wait_for_log(r"to=<bounces@bounce\.test>.*stat(us=sent|=Sent)")
        self.assertEqual(self.listed("cy@example.org") + self.listed("dee@example.org"), [])
        # Folded case does no harm; twice is once.
        for _ in range(2):
            self.inject(address.upper(), report)
        until(lambda: self.listed("cy@example.org"), "the entry", 60)
        self.box.settle()
        [event] = self.events("--event", "bounce", "--recipient", "cy@example.org")
        self.assertEqual((event["type"], event["status"]), ("bounce", "5.1.1"))
        self.assertEqual(self.listed("dee@example.org"), [])

    def test_a_mailbox_answers(self):
        self.fan_out("eve@example.org", "fay@example.org")
        address = self.arrived()["eve@example.org"].reverse_path
        self.inject(address, b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nAway\r\n")
        self.box.settle()
        self.assertEqual(self.events("--event", "bounce", "--recipient", "eve@example.org"), [])

    def test_a_store_that_is_down_is_waited_for(self):
        self.fan_out("gus@example.org", "hal@example.org")
        address = self.arrived()["gus@example.org"].reverse_path
        report = b"Subject: failure notice\r\n\r\n<gus@example.org>:\r\n550 5.1.1 no\r\n"
        with store_locked(self.box.folder):
            self.inject(address, report)
            self.wait_for_log(r"(relay|mailer)=smtpapi-bounce.*stat(us=deferred|=Deferred)", 90)
        self.box.mta.flush()
        until(lambda: self.listed("gus@example.org"), "the entry", 60)


if __name__ == "__main__":
    main()
