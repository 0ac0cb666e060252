"""A real Postfix of our own below one folder: private queue, log and mailbox, loopback only.

Nothing of the machine's own mail system is read or changed. The configuration is main.cf and
master.cf beside this file, followed by those of etc/postfix/ with the folder's paths and ports put
in their places, so what an administrator is told to install is what runs here."""

import os
import shutil
import subprocess
from pathlib import Path

from . import pid_file

HERE = Path(__file__).resolve().parent
SNIPPETS = HERE.parent.parent / "etc" / "postfix"
SERVICES = ("submission", "pipe", "inject", "pool")  # listeners of etc/postfix/master.cf
# pipe(8) runs the intake as somebody who is neither root nor Postfix; here all our programs do.
USER = "nobody"


def missing() -> str:
    """Why there can be no private Postfix here; "" when there can."""
    if os.geteuid() != 0:
        return "Postfix's master process needs root"
    if not shutil.which("postfix", path="/usr/sbin:/usr/local/sbin"):
        return "postfix is not installed"
    return ""


def replaced(text: str, table: dict[str, str]) -> str:
    """`text` with every key of the table replaced; each must be there, so that none goes stale."""
    for old, new in table.items():
        if old not in text:
            raise ValueError(f"nothing to replace: {old!r}")
        text = text.replace(old, new)
    return text


class PrivatePostfix:
    """`milter` is a milter's address in Postfix's words, `intake` the command that pipe(8) runs,
    `ports` one for each of SERVICES, `user_id` and `group_id` own the mailbox."""

    LOST_IN_DATA = "lost connection after DATA"  # as the log has it

    def __init__(
        self, folder: Path, milter: str, intake: str, ports: list[int], user_id: int, group_id: int
    ):
        self.folder = folder
        self.etc = folder / "postfix"
        self.log = folder / "log" / "mail.log"
        self.pid_file = folder / "queue" / "pid" / "master.pid"
        self.ports = dict(zip(SERVICES, ports))
        self._milter = milter
        self._intake = intake
        self._ids = (user_id, group_id)

    def set(self, *settings: str) -> None:
        """main.cf lines, "name=value". Takes effect at the next start() or reload()."""
        self._postconf("-e", *settings)

    def set_service(self, service: str, *settings: str) -> None:
        """The same for one listener of SERVICES or one service of master.cf, "cleanup/unix". Lists
        are separated by commas."""
        if service in self.ports:
            service = f"127.0.0.1:{self.ports[service]}/inet"
        self._postconf("-P", *(f"{service}/{setting}" for setting in settings))

    def refuse(self, replies: dict[str, str]) -> None:
        """What the injection listener answers to the RCPT of these addresses, and of no others:
        {"ann@example.org": "550 5.1.1 gone away"}. Takes effect at the next start() or reload()."""
        table = self.etc / "refused"
        table.write_text("".join(f"{address} {reply}\n" for address, reply in replies.items()))
        restrictions = f"check_recipient_access,texthash:{table},permit_mynetworks,reject"
        self.set_service("inject", f"smtpd_recipient_restrictions={restrictions}")

    def configure(self) -> None:
        """Makes the folders and writes the configuration."""
        for name in ("postfix", "queue", "data", "log", "mail"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mail", *self._ids)
        # postlogd(8) would make it for root alone, and smtpapi-events runs as somebody else.
        self.log.touch(0o644)
        for snippet in SNIPPETS.glob("smtpapi_*"):
            shutil.copy(snippet, self.etc)
        (self.etc / "main.cf").write_text(self._main_cf())
        (self.etc / "master.cf").write_text(self._master_cf())
        self._postconf("-F", "*/*/chroot=n", "pool-a/unix/unprivileged=n", "pool-a/unix/command=virtual")

    def start(self) -> None:
        """Returns when the listeners are there."""
        self._postfix("start")

    def stop(self) -> None:
        """Ends the master process and all it started. Harmless when it does not run."""
        pid_file.end(self.pid_file)

    def reload(self) -> None:
        self._postfix("reload")

    def flush(self) -> None:
        """Tries deferred mail now."""
        self._postfix("flush")

    def queued(self) -> int:
        """Messages that Postfix holds in any queue."""
        return sum(
            len(files)
            for queue in ("maildrop", "incoming", "active", "deferred", "hold")
            for _, _, files in os.walk(self.folder / "queue" / queue)
        )

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @staticmethod
    def queue_id(reply: str) -> str:
        """Of the answer to a message: "2.0.0 Ok: queued as 4XyZ12"."""
        return reply.rpartition("queued as ")[2].strip()

    @staticmethod
    def discarded(queue_id: str) -> str:
        """A pattern of the log line that tells that a milter discarded the message."""
        return f"{queue_id}: milter-discard"

    def command(self, name: str) -> list[str]:
        """A Postfix command such as sendmail or postqueue, for this instance."""
        return [f"/usr/sbin/{name}", "-C" if name == "sendmail" else "-c", str(self.etc)]

    def _main_cf(self) -> str:
        own = replaced(
            (HERE / "main.cf").read_text(),
            {"@FOLDER@": str(self.folder), "@UID@": str(self._ids[0]), "@GID@": str(self._ids[1])},
        )
        snippet = {"unix:/smtpapi/milter.sock": self._milter, "/etc/postfix/": f"{self.etc}/"}
        return own + replaced((SNIPPETS / "main.cf").read_text(), snippet)

    def _master_cf(self) -> str:
        port = {service: f"127.0.0.1:{number}" for service, number in self.ports.items()}
        snippet = {
            "submission inet": f"{port['submission']} inet",
            "2587      inet": f"{port['pipe']} inet",
            "127.0.0.1:10026": port["inject"],
            "127.0.0.1:10031": port["pool"],
            "/etc/postfix/": f"{self.etc}/",
            "/usr/sbin/smtpapi-intake": self._intake,
            "user=smtpapi": f"user={USER}",
            # There is no password to check here: loopback clients are trusted, and others may
            # send to the example domains only.
            "smtpd_tls_security_level=encrypt": "smtpd_tls_security_level=none",
            "smtpd_sasl_auth_enable=yes": "smtpd_sasl_auth_enable=no",
            "=permit_sasl_authenticated,reject": "=permit_mynetworks,reject_unauth_destination",
        }
        return (HERE / "master.cf").read_text() + replaced((SNIPPETS / "master.cf").read_text(), snippet)

    def _postfix(self, word: str) -> None:
        _run("/usr/sbin/postfix", "-c", str(self.etc), word)

    def _postconf(self, option: str, *settings: str) -> None:
        _run("/usr/sbin/postconf", "-c", str(self.etc), option, *settings)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
