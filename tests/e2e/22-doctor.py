#!/usr/bin/env python3
"""smtpapictl doctor: finds nothing wrong with a Postfix set up by etc/postfix, finds what is broken, and
what it advises mends it."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess

from lib import EndToEnd, main


class Doctor(EndToEnd):
    def doctor(self, *words: str) -> tuple[int, str]:
        # As root, as an administrator does: sockets of Postfix are not for all to look at.
        program = [str(self.box.program("smtpapictl")), "--config", str(self.box.config), "doctor"]
        command = [*program, "--postfix-config", str(self.box.postfix.etc), *words]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout

    def complaints(self, *words: str) -> list[dict]:
        """All that is not well. The clock is that of the machine, and not ours to judge."""
        status, report = self.doctor("--json", *words)
        findings = json.loads(report)["findings"]
        self.assertEqual(status, 1 if any(one["status"] == "fail" for one in findings) else 0)
        return [one for one in findings if one["status"] != "ok" and one["check"] != "clock"]

    def assert_healthy(self, *words: str) -> None:
        self.assertEqual(self.complaints(*words), [])

    def assert_found(self, status: str, check: str, *words: str) -> list[str]:
        """One thing is wrong; gives what mends it."""
        found = self.complaints(*words)
        self.assertEqual([(one["status"], one["check"]) for one in found], [(status, check)], found)
        return found[0]["fix"]

    def follow(self, fixes: list[str]) -> None:
        for command in fixes:
            if command != "postfix reload":
                subprocess.run(command, shell=True, check=True)

    def test_nothing_is_wrong_with_the_snippets(self):
        self.assert_healthy()
        done = self.box.control("doctor", "--postfix-config", str(self.box.postfix.etc), check=False)
        self.assertEqual(done.returncode, 0, "nor does another user take what is hidden for a fault")
        self.assertRegex(self.doctor()[1], r"\d+ ok, \d warnings?, 0 failures\n$")
        self.assertRegex(self.doctor("--all")[1], r"(?m)^ok +way in")
        for line in self.doctor("-q")[1].splitlines():
            self.assertRegex(line, r"^(warn +clock| |$|\d+ ok)", "quiet but for the clock")

    def test_its_advice_mends(self):
        self.box.postfix.set("smtpapi_destination_recipient_limit=50", "enable_long_queue_ids=no")
        self.box.postfix.set_service("cleanup-smtpapi-pipe/unix", "header_size_limit=102400")
        status, report = self.doctor()
        self.assertNotEqual(status, 0, report)
        advice = re.findall(r"> (postconf .*)", report)
        self.assertEqual(len(advice), 3, report)
        self.follow(advice)
        self.assert_healthy()

    def test_milter_on_the_injection_listener(self):
        self.box.postfix.set_service("inject", "smtpd_milters=$smtpapi_milter")
        self.follow(self.assert_found("fail", "injection"))
        self.assert_healthy()

    def test_fail_open(self):
        before = (self.box.postfix.etc / "main.cf").read_text()
        (self.box.postfix.etc / "main.cf").write_text(before.replace("default_action=tempfail", "default_action=accept"))
        found = self.complaints()
        (self.box.postfix.etc / "main.cf").write_text(before)
        self.assertEqual({(one["status"], one["check"]) for one in found}, {("fail", "default action")}, found)

    def test_the_log(self):
        self.box.postfix.log.chmod(0o600)
        self.addCleanup(self.box.postfix.log.chmod, 0o644)
        self.assert_found("fail", "mail log")
        self.assert_found("fail", "mail log", "--events.log=/var/log/other.log")

    def test_links(self):
        key = self.box.folder / "store" / "tracking.key"
        key.chmod(0o644)
        self.follow(self.assert_found("fail", "key file"))
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.assert_found("warn", "tracking", f"--tracking.url=http://127.0.0.1:{self.box.postfix.ports['inject']}")
        self.box.track.stop()
        self.assert_found("fail", "tracking")
        self.box.track.start()
        self.assert_healthy()

    def test_return_path(self):
        option = "--inject.return-path=bounces@bounce.test"
        # What pipe(8) would run is not installed here.
        program = self.box.folder / "bin" / "smtpapi-bounce"
        os.link(self.box.program("smtpapictl"), program)
        master = self.box.postfix.etc / "master.cf"
        master.write_text(master.read_text().replace("/usr/sbin/smtpapi-bounce", str(program)))
        found = self.complaints(option)
        self.assertEqual([(one["status"], one["check"]) for one in found], [("fail", "return path")] * 2, found)
        for one in found:
            self.follow(one["fix"])
        self.assert_healthy(option)
        # Other domains go where they went before.
        where = subprocess.run(
            ["postmap", "-c", str(self.box.postfix.etc), "-q", "bulk.test"]
            + re.findall(r"inline:\{[^}]*\}", self.transport_maps()),
            capture_output=True,
            text=True,
        )
        self.assertEqual(where.stdout.strip(), "discard:", self.transport_maps())

    def transport_maps(self) -> str:
        command = ["postconf", "-c", str(self.box.postfix.etc), "-hx", "transport_maps"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def test_logins(self):
        self.box.postfix.set_service("submission", "smtpd_sasl_auth_enable=yes", "smtpd_sasl_type=dovecot")
        self.box.postfix.set_service("submission", "smtpd_sasl_path=private/nobody-is-there")
        self.addCleanup(self.box.postfix.set_service, "submission", "smtpd_sasl_auth_enable=no")
        self.assert_found("fail", "login")

    def test_a_store_of_tomorrow(self):
        with contextlib.closing(sqlite3.connect(self.box.folder / "store" / "store.db")) as store, store:
            version = store.execute("SELECT version FROM meta").fetchone()[0]
            store.execute("UPDATE meta SET version = 99")
        try:
            fix = self.assert_found("fail", "store")
        finally:
            with contextlib.closing(sqlite3.connect(self.box.folder / "store" / "store.db")) as store, store:
                store.execute("UPDATE meta SET version = ?", (version,))
        self.assertIn("upgrade", fix[0])
        self.assert_healthy()


if __name__ == "__main__":
    main()
