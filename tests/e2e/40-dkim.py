#!/usr/bin/env python3
"""A real opendkim behind the milter and on the way back in signs what leaves, after all changes (DKIM-3)."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lib import EndToEnd, compose, main
from sandbox.daemon import Daemon
from sandbox.mailbox import Mail

SIGNER, KEY_MAKER = "/usr/sbin/opendkim", "opendkim-genkey"
ON = {"enable": 1}
QP = ("MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: quoted-printable")
HTML = (
    '<html><body><p>Gr=C3=BC=C3=9Fe, <a href=3D"https://shop.example.com/?a=3D1">=\n'
    "Sale</a></p></body></html>\n"
)
# What each adds.
FILTERS = [
    ("links in quoted-printable", {"clicktrack": {"settings": ON}}),
    ("a pixel", {"opentrack": {"settings": ON}}),
    ("List-Unsubscribe", {"subscriptiontrack": {"settings": ON}}),
    ("a footer with octets above 127", {"footer": {"settings": {"enable": 1, "text/html": "<p>Zoë ☃</p>"}}}),
]
ALL = {name: value for _, filters in FILTERS for name, value in filters.items()}


class Dkim(EndToEnd):
    @classmethod
    def prepare(cls, box) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="smtpapi-dkim-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        make = [KEY_MAKER, "-b", "1024", "-s", "s1", "-d", "example.com", "-D", str(cls.folder)]
        subprocess.run(make, check=True, capture_output=True)
        record = "".join(re.findall(r'"([^"]*)"', (cls.folder / "s1.txt").read_text()))
        (cls.folder / "dns").write_text(f"s1._domainkey.example.com {record}\n")

        socket = box.folder / "run" / "dkim.sock"
        # RFC 8058 4: a signature must cover both fields of one-click.
        signer = cls.write_config(
            "signer",
            Mode="s",
            Domain="example.com",
            Selector="s1",
            KeyFile=str(cls.folder / "s1.private"),
            Socket=f"local:{socket}",
            InternalHosts="127.0.0.0/8",
            SignHeaders="*,+List-Unsubscribe,+List-Unsubscribe-Post",
            UMask="000",
        )
        cls.verifier = cls.write_config("verifier", Mode="v", TestDNSData=f"file:{cls.folder}/dns")
        command = [SIGNER, "-f", "-x", str(signer)]
        daemon = Daemon(box.folder, command, socket.exists)
        cls.addClassCleanup(daemon.stop)
        daemon.start()
        box.postfix.set(f"dkim_milter=unix:{socket}", "non_smtpd_milters=$smtpapi_milter,$dkim_milter")
        box.postfix.set_service("submission", "smtpd_milters=$smtpapi_milter,$dkim_milter")
        box.postfix.set_service("inject", "smtpd_milters=$dkim_milter")

    @classmethod
    def write_config(cls, name: str, **settings: str) -> Path:
        # simple: a signature that no change at all survives.
        settings |= {"RequireSafeKeys": "no", "Canonicalization": "simple/simple"}
        file = cls.folder / f"{name}.conf"
        file.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        return file

    def verify(self, octets: bytes) -> tuple[bool, str]:
        """opendkim's own answer, and what it said."""
        file = self.folder / "message"
        file.write_bytes(octets)
        words = [SIGNER, "-x", str(self.verifier), "-t", str(file)]
        done = subprocess.run(words, capture_output=True, text=True)
        said = done.stdout + done.stderr
        return done.returncode == 0 and "succeeded" in said, said

    def assert_signed(self, mail: Mail) -> None:
        self.assertEqual(len(mail.fields("DKIM-Signature")), 1)
        self.assertEqual(mail.fields("X-SMTPAPI"), [])
        good, said = self.verify(mail.octets)
        self.assertTrue(good, f"{said}\n{mail.octets.decode(errors='replace')}")

    def test_nothing_to_change(self):
        self.submit(compose(None), ["ann@example.org"])
        self.assert_signed(self.arrived()["ann@example.org"])

    def test_in_place(self):
        for why, filters in [*FILTERS, ("all of them", ALL)]:
            with self.subTest(why):
                sent = compose({"filters": filters}, subject="Grüße", body=HTML, fields=QP)
                self.submit(sent, ["ann@example.org"])
                mail = self.arrived()["ann@example.org"]
                self.assertNotEqual(mail.body, sent.partition(b"\r\n\r\n")[2])
                self.assert_signed(mail)

    def test_each_copy(self):
        header = {
            "to": ["Ann <ann@example.org>", "Zoë <zoe@example.net>"],
            "sub": {"Sale": ["for Ann", "für Zoë"]},
            "filters": ALL,
        }
        for service in ("submission", "pipe"):
            with self.subTest(service):
                self.submit(compose(header, body=HTML, fields=QP), service=service)
                mails = self.arrived()
                self.assertEqual(len(mails), 2)
                for mail in mails.values():
                    self.assert_signed(mail)
                    [signature] = mail.fields("DKIM-Signature")
                    covered = re.search(r"\bh=([^;]*)", signature)[1].lower().replace(" ", "").split(":")
                    self.assertLessEqual({"list-unsubscribe", "list-unsubscribe-post"}, set(covered))

    def test_from_sendmail(self):
        sent = compose({"filters": ALL}, body=HTML, fields=QP).replace(b"\r\n", b"\n")
        words = [*self.box.postfix.command("sendmail"), "-f", "app@example.com", "ann@example.org"]
        subprocess.run(words, input=sent, check=True)
        self.assert_signed(self.arrived()["ann@example.org"])

    def test_the_verifier_sees_one_octet(self):
        self.submit(compose({"filters": ALL}, body=HTML, fields=QP), ["ann@example.org"])
        octets = self.arrived()["ann@example.org"].octets
        self.assertTrue(self.verify(octets)[0])
        for old, new in ((b"Sale</a>", b"sale</a>"), (b"One-Click", b"one-Click"), (b"Subject: h", b"Subject: H")):
            self.assertIn(old, octets)
            self.assertFalse(self.verify(octets.replace(old, new))[0], new)


if __name__ == "__main__":
    if absent := [name for name in (SIGNER, KEY_MAKER) if not shutil.which(name)]:
        print(f"skipped: not installed: {', '.join(absent)}")
        sys.exit(77)
    main()
