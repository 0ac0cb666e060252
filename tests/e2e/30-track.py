#!/usr/bin/env python3
"""smtpapi-track as strangers meet it: clicks, opens, one-click (TRK-1 to TRK-9), trouble."""

import signal
import socket
import time

from lib.tracker import *  # noqa: F403


class Track(TrackTest):
    def test_a_click(self):
        target = "https://shop.example.com/a?b=c&d=%2F#e"
        link = self.track.link(CLICK, 3, "ann@example.org", target, 2)
        for method in ("HEAD", "GET"):
            answer = self.track.ask(link, method, X_Forwarded_For="198.51.100.7")
            self.assertEqual((answer.status, answer.headers["Location"]), (302, target))
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
        [event] = self.track.wait_for_events(1)
        self.assertEqual(event["kind"], "click")
        self.assertEqual((event["submission"], event["row_index"], event["link"]), (SUBMISSION, 3, 2))
        self.assertEqual((event["url"], event["ip"]), (target.encode(), b"198.51.100.7"))
        self.assertEqual(event["machine"], b"")

    def test_opens(self):
        link = self.track.link(OPEN)
        for url in (link, link, link + "x"):
            answer = self.track.ask(url)
            self.assertEqual((answer.status, len(answer.octets)), (200, 43))
        self.track.ask(link, User_Agent="Mozilla/5.0")
        events = self.track.wait_for_events(3)
        self.assertEqual([event["kind"] for event in events], ["open"] * 3)
        self.assertEqual([bool(event["machine"]) for event in events], [False, False, True])

    def test_a_scanner_follows_all_links(self):
        for place in range(4):
            link = self.track.link(CLICK, 0, "ann@example.org", f"https://example.com/{place}", place)
            self.assertEqual(self.track.ask(link).status, 302)
        events = self.track.wait_for_events(4)
        self.assertEqual({event["machine"] for event in events}, {b"several links within a second"})

    def test_one_click(self):
        link = self.track.link(UNSUBSCRIBE)
        self.assertEqual(self.track.ask(link).status, 200)
        self.assertEqual(self.track.suppressions(), [])
        for _ in range(2):
            answer = self.track.ask(link, "POST", "List-Unsubscribe=One-Click")
            self.assertEqual(answer.status, 200)
            self.assertFalse({"Location", "Set-Cookie"} & set(answer.headers))
            self.assertEqual(self.track.suppressions(), [("global", 0, "ann@example.org")])
        self.track.daemon.kill()
        self.assertEqual([event["kind"] for event in self.track.events()], ["unsubscribe"])
        self.assertIn("unsubscribed to=<ann@example.org>, list=global", self.track.daemon.log_text())

    def test_the_store_is_locked(self):
        click = self.track.link(CLICK, 0, "ann@example.org", "https://example.com/", 0)
        with self.track.database() as store:
            store.execute("BEGIN EXCLUSIVE")
            begun = time.monotonic()
            for _ in range(20):
                self.assertEqual(self.track.ask(click).status, 302)
                self.assertEqual(self.track.ask(self.track.link(OPEN)).status, 200)
            self.assertLess(time.monotonic() - begun, 5)
            answer = self.track.ask(self.track.link(UNSUBSCRIBE), "POST", "List-Unsubscribe=One-Click")
            self.assertEqual(answer.status, 503)
            self.assertTrue(answer.headers["Retry-After"])
            store.execute("ROLLBACK")
        self.assertEqual(len(self.track.wait_for_events(40)), 40)
        self.assertEqual(self.track.suppressions(), [])

    def test_the_store_is_unusable_at_the_start(self):
        self.track.daemon.stop()
        store = self.track.folder / "store.db"
        for file in self.track.folder.glob("store.db*"):
            file.rename(file.with_name("away-" + file.name))
        store.write_bytes(b"no database" * 100)
        self.track.daemon.start()
        click = self.track.link(CLICK, 0, "ann@example.org", "https://example.com/", 0)
        self.assertEqual(self.track.ask(click).status, 302)
        leave = self.track.link(UNSUBSCRIBE)
        self.assertEqual(self.track.ask(leave, "POST", "List-Unsubscribe=One-Click").status, 503)
        store.unlink()
        for file in self.track.folder.glob("away-store.db*"):
            file.rename(file.with_name(file.name.removeprefix("away-")))
        self.assertEqual(self.track.ask(leave, "POST", "List-Unsubscribe=One-Click").status, 200)
        self.assertEqual({event["kind"] for event in self.track.wait_for_events(2)}, {"click", "unsubscribe"})

    def test_a_stop_writes_what_is_held(self):
        self.track.ask(self.track.link(OPEN))
        self.track.daemon.signal(signal.SIGTERM)
        self.assertEqual(self.track.daemon.wait(), 0)
        self.assertEqual(len(self.track.events()), 1)

    def test_keys_and_pages_are_read_again(self):
        old = self.track.link(CLICK, 0, "ann@example.org", "https://example.com/", 0)
        secret = self.track.key.read_text()
        page = self.track.folder / "pages" / "en" / "not-found.html"
        page.write_text("{{nothing}}")
        self.reload("not-found.html:1: unknown name 'nothing'")
        self.assertIn(b"This link does not work", self.track.ask(self.track.url + "/").octets)

        page.write_text("Gone.")
        self.track.key.write_text("a new secret, a new secret, a new secret\n" + secret)
        new = self.track.link(CLICK, 0, "ann@example.org", "https://example.com/", 0)
        self.assertEqual(self.track.ask(new).status, 404)
        self.reload("settings read again")
        self.assertEqual(self.track.ask(self.track.url + "/").octets, b"Gone.")
        for link in (old, new):
            self.assertEqual(self.track.ask(link).status, 302)

    def reload(self, logged: str) -> None:
        self.track.daemon.signal(signal.SIGUSR1)
        until(lambda: logged in self.track.daemon.log_text(), logged)

    def test_slow_clients_harm_nobody(self):
        slow = [socket.create_connection(("127.0.0.1", self.track.port)) for _ in range(150)]
        for line in slow:
            line.send(b"GET / HTTP/1.1\r\nX")
        self.assertEqual(self.track.ask(self.track.link(OPEN)).status, 200)
        for line in slow:
            line.close()


if __name__ == "__main__":
    track_main()
