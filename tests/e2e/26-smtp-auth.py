#!/usr/bin/env python3
"""Applications log in as SendGrid's clients do, user name "apikey" and a key as the password, by way of
a private Dovecot: etc/postfix/smtp-auth, and the keys of `smtpapictl key`."""

import contextlib
import json
import shutil
import smtplib
import ssl
import subprocess
import sys
import time

from lib import EndToEnd, compose, main
from lib.end_to_end import SKIPPED
from sandbox.daemon import Daemon
from sandbox.ports import PortBlock
from sandbox.postfix import SNIPPETS, replaced

RECIPE = SNIPPETS / "smtp-auth"
DOVECOT = """base_dir = {folder}/run/dovecot
state_dir = {folder}/run/dovecot-state
log_path = {folder}/log/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
"""
FEW = 3  # sessions from one client address


class SmtpAuth(EndToEnd):
    # Only who has logged in is trusted.
    settings = {"trust.networks": "192.0.2.0/24"}

    @classmethod
    def prepare(cls, box) -> None:
        accounts = box.folder / "accounts"
        accounts.mkdir()
        for name in ("shop", "Blog"):
            footer = {"settings": {"enable": 1, "text/plain": f"Sent by {name}"}}
            (accounts / f"{name}.json").write_text(json.dumps({"filters": {"footer": footer}}))
        box.settings["account.by-login"] = str(accounts)
        box.write_config()
        block = PortBlock()
        cls.addClassCleanup(block.release)
        cls.ports = dict(zip(("smtp", "2525", "465"), block.ports))
        cls.set_up_postfix(box)
        cls.dovecot = cls.start_dovecot(box)

    @classmethod
    def set_up_postfix(cls, box) -> None:
        etc = box.postfix.etc
        with (etc / "main.cf").open("a") as file:
            file.write((RECIPE / "main.cf").read_text())
        # 587 is on one of the sandbox's own ports already.
        services = (RECIPE / "master.cf").read_text()
        first, found, rest = services.partition("\n2525 ")
        assert found, "the recipe begins with port 587"
        table = {f"\n{name} ": f"\n127.0.0.1:{port} " for name, port in cls.ports.items()}
        with (etc / "master.cf").open("a") as file:
            file.write("tlsmgr unix - - n 1000? 1 tlsmgr\n" + replaced(found + rest, table))
        subprocess.run(["postconf", "-c", str(etc), "-F", "*/*/chroot=n"], check=True)
        certificate = str(etc / "certificate.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=mx.sandbox.test", "-keyout", certificate, "-out", certificate],
            check=True,
            capture_output=True,
        )
        box.postfix.set(
            f"smtpd_tls_cert_file={certificate}",
            f"smtpd_tls_key_file={certificate}",
            "smtpd_client_event_limit_exceptions=",
        )
        cls.limit(box, "465", FEW)

    @classmethod
    def limit(cls, box, service: str, sessions: int) -> None:
        name = f"127.0.0.1:{cls.ports[service]}/inet"
        # Who may say XCLIENT is not counted.
        limit = f"smtpd_client_connection_count_limit={sessions}"
        box.postfix.set_service(name, limit, "smtpd_authorized_xclient_hosts=")

    @classmethod
    def start_dovecot(cls, box) -> Daemon:
        folder = box.folder
        cls.keys = folder / "keys"
        (folder / "queue" / "private").mkdir(parents=True, exist_ok=True)
        shutil.chown(folder / "queue" / "private", "postfix")
        socket = folder / "queue" / "private" / "auth"
        recipe = replaced(
            (RECIPE / "dovecot.conf").read_text(),
            {"/etc/smtpapi/keys": str(cls.keys), "/var/spool/postfix/private/auth": str(socket)},
        )
        config = folder / "dovecot.conf"
        config.write_text(DOVECOT.format(folder=folder) + recipe)
        dovecot = Daemon(folder, ["/usr/sbin/dovecot", "-F", "-c", str(config)], socket.exists)
        dovecot.start()
        cls.addClassCleanup(dovecot.stop)
        return dovecot

    def key(self, *words: str) -> str:
        # As root, as an administrator does.
        command = [str(self.box.program("smtpapictl")), "--config", str(self.box.config), "key", *words]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        # Dovecot looks at the file once in each second of the clock.
        time.sleep(1.1)
        return said

    def new_key(self, account: str) -> dict:
        return json.loads(self.key("add", "--json", account))

    def open(self, service: str) -> smtplib.SMTP:
        context = ssl._create_unverified_context()
        if service == "465":
            return smtplib.SMTP_SSL("127.0.0.1", self.ports[service], timeout=60, context=context)
        client = smtplib.SMTP("127.0.0.1", self.ports[service], timeout=60)
        client.ehlo()
        self.assertFalse(client.has_extn("auth"), "no login before TLS")
        client.starttls(context=context)
        return client

    def send(self, service: str, key: str, recipient: str, user: str = "apikey") -> None:
        with self.open(service) as client:
            client.login(user, key)
            client.sendmail("app@example.com", [recipient], compose({}, to=recipient))

    def assert_refused(self, key: str, user: str = "apikey") -> None:
        with self.open("2525") as client, self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
            client.login(user, key)
        self.assertEqual(caught.exception.smtp_code, 535)

    def test_the_key_names_the_account(self):
        shop, blog = self.new_key("shop"), self.new_key("Blog")
        self.send("2525", shop["key"], "ann@example.org")
        self.send("465", shop["key"], "bob@example.org")
        self.send("smtp", blog["key"], "cy@example.org")
        mails = self.arrived()
        for recipient, account in (("ann", "shop"), ("bob", "shop"), ("cy", "Blog")):
            content = mails[f"{recipient}@example.org"].content
            self.assertIn(f"Sent by {account}".encode(), content, recipient)
            self.assertNotIn(b"X-SMTPAPI", content)
            self.assertNotIn(shop["key"][26:].encode(), content)

    def test_clients_that_know_only_login(self):
        with self.open("2525") as client:
            client.ehlo()
            client.user, client.password = "apikey", self.new_key("shop")["key"]
            self.assertEqual(client.auth("LOGIN", client.auth_login)[0], 235)

    def test_wrong_and_revoked_keys_are_refused(self):
        good, revoked = self.new_key("shop"), self.new_key("shop")
        self.send("2525", revoked["key"], "dee@example.org")
        self.key("revoke", revoked["id"])
        for wrong in (revoked["key"], good["key"][:-1] + "!", revoked["key"][:26] + good["key"][26:], "x"):
            self.assert_refused(wrong)
        self.assert_refused(good["key"], "shop")
        self.send("2525", good["key"], "eve@example.org")
        self.assertEqual(sorted(self.arrived()), ["dee@example.org", "eve@example.org"])

    def test_without_a_key_nothing_goes_out(self):
        with self.open("2525") as client, self.assertRaises(smtplib.SMTPRecipientsRefused):
            client.sendmail("app@example.com", ["ann@example.org"], compose({}))

    def test_sessions_of_one_client_are_counted(self):
        with contextlib.ExitStack() as stack:
            for _ in range(FEW):
                stack.enter_context(self.open("465"))
            with self.assertRaises(smtplib.SMTPConnectError) as caught:
                self.open("465")
            self.assertEqual(caught.exception.smtp_code, 421)

    def test_a_session_may_bring_many_messages(self):
        key = self.new_key("shop")["key"]
        with self.open("2525") as client:
            client.login("apikey", key)
            for number in range(120):
                client.sendmail("app@example.com", [f"u{number}@bulk.test"], compose(None))
        self.box.settle()

    def test_doctor_has_nothing_to_say_of_logins(self):
        self.new_key("shop")
        words = ["doctor", "--json", "--postfix-config", str(self.box.postfix.etc)]
        command = [str(self.box.program("smtpapictl")), "--config", str(self.box.config), *words]
        done = subprocess.run(command, capture_output=True)
        found = [one for one in json.loads(done.stdout)["findings"] if one["check"] in ("API keys", "login")]
        self.assertEqual([one["status"] for one in found], ["ok", "ok"], found)
        self.assertEqual(self.keys.stat().st_mode & 0o777, 0o640)


if __name__ == "__main__":
    if not shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin"):
        print("skipped: dovecot is not installed")
        sys.exit(SKIPPED)
    main()
