#!/usr/bin/env python3
"""smtpapictl check-config tells every mistake at once with file and line, and a daemon that meets
one of them at its start does not start at all."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAMS = Path(os.environ.get("SMTPAPI_PROGRAMS", "build/milter")).resolve()
DAEMONS = ("smtpapi-milter", "smtpapi-queue", "smtpapi-events", "smtpapi-track")


class CheckConfig(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.config = self.folder / "smtpapi.conf"
        self.good = (
            f"[milter]\nsocket = unix:{self.folder}/milter.sock\n"
            f"[store]\nurl = sqlite://{self.folder}/store.db\n[log]\nto = stderr\n"
        )

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def run_program(self, name: str, *words: str) -> subprocess.CompletedProcess:
        command = [str(PROGRAMS / name), "--config", str(self.config), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def check(self, config: str, *words: str) -> tuple[int, str]:
        self.config.write_text(config)
        done = self.run_program("smtpapictl", "check-config", *words)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_good(self):
        for accounts in ("", f"[account]\nsettings = {self.write('good.json', '{}')}\n"):
            status, said = self.check(self.good + accounts)
            self.assertEqual(status, 0, said)
            self.assertTrue(said.startswith(f"ok: {self.config}"), said)

    def test_every_mistake_at_once(self):
        bad = self.write("settings.json", '{"filters": {\n  "footer": {"settings": {"enable": }}\n}}')
        other = self.write("accounts/ann.json", "[")
        self.write("accounts/bob.json", "{}")
        config = (
            self.good + f"[account]\nsettings = {bad}\nby-login = {other.parent}\n"
            "[milter]\nscoop = all\n[error]\nmode = maybe\nnonsense\n"
        )
        status, said = self.check(config)
        self.assertEqual(status, 78, said)
        lines = {word: number for number, word in enumerate(config.splitlines(), 1)}
        for line in ("scoop = all", "mode = maybe", "nonsense"):
            self.assertIn(f"{self.config}:{lines[line]}: ", said)
        self.assertIn(f"{bad}:2:", said)
        self.assertIn(f"{other}:1:", said)
        self.assertNotIn("bob.json", said)
        self.assertEqual(len(said.splitlines()), 5, said)
        report = json.loads(self.check(config, "--json")[1])
        self.assertEqual((report["ok"], report["mistakes"]), (False, said.splitlines()))

    def test_what_a_file_names_must_be_there(self):
        for setting, told in (
            ("[account]\nsettings = /no/such.json\n", "/no/such.json"),
            ("[account]\nby-login = /no/such/folder\n", "/no/such/folder"),
            ("[daemon]\nuser = no-such-user\n", "no-such-user"),
            (f"[account]\nsettings = {self.folder}\n", str(self.folder)),
            (f"[events]\nbounce-classes = {self.folder}\n", str(self.folder)),
        ):
            status, said = self.check(self.good + setting)
            self.assertEqual(status, 78, said)
            self.assertIn(told, said)

    def test_what_other_programs_read(self):
        classes = self.write("classes.conf", "# ours\nnonsense here\n")
        purge = {"filters": {"bounce_purge": {"settings": {"enable": 1, "hard_bounces": 0}}}}
        account = self.write("purge.json", json.dumps(purge))
        for setting, told in (
            (f"[events]\nbounce-classes = {classes}\n", f"{classes}: "),
            (f"[account]\nsettings = {account}\n", f"{account}: bounce_purge"),
            (f"[account]\nsettings = {self.folder}\n", str(self.folder)),
        ):
            status, said = self.check(self.good + setting)
            self.assertEqual(status, 78, said)
            self.assertIn(told, said)
            done = self.run_program("smtpapi-events")
            self.assertIn(done.returncode, (69, 78), done.stderr)
            self.assertIn(told, done.stderr)

    def test_no_daemon_half_starts(self):
        bad = self.write("settings.json", '{\n "footer": 7}')
        before = sorted(os.listdir(self.folder))
        self.config.write_text(
            self.good + f"[milter]\nscoop = all\n[error]\nmode = maybe\n[account]\nsettings = {bad}\n"
        )
        for name in DAEMONS:
            with self.subTest(name):
                done = self.run_program(name)
                self.assertEqual(done.returncode, 78, done.stderr)
                self.assertIn("scoop", done.stderr)
                self.assertIn("maybe", done.stderr)
                self.assertIn(f"{bad}:2:", done.stderr)
        self.config.unlink()
        self.assertEqual(sorted(os.listdir(self.folder)), before, "no socket, no store")

    def test_bad_account_settings_stop_the_milter(self):
        bad = self.write("settings.json", "{\n]")
        self.config.write_text(self.good + f"[account]\nsettings = {bad}\n")
        done = self.run_program("smtpapi-milter")
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn(f"{bad}:2:", done.stderr)
        self.assertFalse((self.folder / "milter.sock").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
