#!/usr/bin/env python3
"""A store that cannot take a submission: 451, nothing kept, a log line that says what to do, and
all is well again when the trouble is over."""

import errno
import subprocess
import unittest

from lib import EndToEnd, compose, main, store_locked

COPIES = ["ann@example.org", "bob@example.net"]


class LockedStore(EndToEnd):
    def test_by_milter(self):
        with store_locked(self.box.folder), self.connect() as client:
            code, text = client.submit(compose({"to": COPIES}))
            self.assertEqual(code, 451, text)
        self.assertEqual(self.arrivals(), [])
        self.assertRegex(self.box.milter.log_text(), "lock")
        self.submit(compose({"to": COPIES}))
        self.assertEqual([mail.recipient for mail in self.arrivals()], COPIES)

    def test_by_pipe_postfix_tries_again(self):
        with store_locked(self.box.folder):
            queue_id = self.submit(compose({"to": COPIES}), service="pipe")
            self.wait_for_log(f"{queue_id}: to=.* status=deferred", 90)
        self.box.postfix.flush()
        self.assertEqual([mail.recipient for mail in self.arrivals()], COPIES)


class FullDisk(EndToEnd):
    @classmethod
    def prepare(cls, box):
        cls.disk = box.folder / "store"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(cls.disk)]).returncode != 0:
            raise unittest.SkipTest("no file system can be mounted here")
        cls.addClassCleanup(subprocess.run, ["umount", "--lazy", str(cls.disk)])
        box.own(cls.disk)

    def fill(self):
        with (self.disk / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError as error:
                self.assertEqual(error.errno, errno.ENOSPC)

    def test_nothing_is_kept(self):
        sent = compose({"to": COPIES}, body="Hello\n" * 200_000)
        self.fill()
        with self.connect() as client:
            code, text = client.submit(sent)
        self.assertEqual(code, 451, text)
        self.assertRegex(self.box.milter.log_text(), "full|space")
        (self.disk / "filler").unlink()
        self.assertEqual(self.arrivals(), [])
        self.submit(sent)
        self.assertEqual([mail.recipient for mail in self.arrivals()], COPIES)


if __name__ == "__main__":
    main()
