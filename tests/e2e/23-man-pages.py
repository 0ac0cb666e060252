#!/usr/bin/env python3
"""What --help tells and what the man pages tell are the same commands and options."""

import os
import re
import subprocess
import unittest
from pathlib import Path

PROGRAMS = Path(os.environ.get("SMTPAPI_PROGRAMS", "build/milter"))
PAGES = Path(__file__).resolve().parents[2] / "milter"
# Said once for all commands, or stands for any setting.
COMMON = {"config", "help", "version"}


def help_of(program: str, *words: str) -> str:
    command = [str(PROGRAMS / program), *words, "--help"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def options_of_help(text: str) -> set[str]:
    return set(re.findall(r"^ +(?:-\w, )?--([a-z][a-z-]*)", text, re.MULTILINE))


def options_of_page(text: str) -> set[str]:
    macros = "\n".join(line for line in text.splitlines() if line.startswith("."))
    return set(re.findall(r"(?:\bFl|[|,]) -([a-z][a-z-]*)", macros))


def commands_of_help(*family: str) -> list[tuple[str, ...]]:
    """Each as its words; "queue ..." stands for a family."""
    found = []
    for line in re.findall(r"^  (?=\S)(.+)", help_of("smtpapictl", *family), re.MULTILINE):
        words = tuple(re.match(r"[a-z -]*[a-z]", line).group().split())
        if line.startswith(f"{' '.join(words)} ..."):
            found += commands_of_help(*words)
        else:
            found.append(words[: len(family) + 1])
    return found


class ManPages(unittest.TestCase):
    def test_daemons(self):
        for page in PAGES.glob("*.8"):
            with self.subTest(page.name):
                text = page.read_text()
                self.assertEqual(options_of_help(help_of(page.stem)), options_of_page(text))

    def test_commands(self):
        text = (PAGES / "smtpapictl.1").read_text()
        commands = commands_of_help()
        self.assertIn(("queue", "list"), commands)
        told = set(COMMON)
        for words in commands:
            family, name = (" ".join(words[:-1]), words[-1])
            with self.subTest(" ".join(words)):
                line = rf"\n\.Cm {family} ([a-z]+ \| )*{name}\b" if family else rf"\n\.Cm {name}\n"
                self.assertTrue(re.search(line, text), "not in the synopsis")
            options = options_of_help(help_of("smtpapictl", *words))
            with self.subTest(f"options of {' '.join(words)}"):
                self.assertEqual(options - options_of_page(text), set())
            told |= options
        self.assertEqual(options_of_page(text) - told, set(), "in the page, but no command takes it")


if __name__ == "__main__":
    unittest.main(verbosity=2)
