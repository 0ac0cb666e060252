"""A real Sendmail of our own below one folder: private queue, log and mailbox, loopback only. It has
the interface of PrivatePostfix.

It runs out of Debian's packages, unpacked by packaging/unpack-sendmail, in mount and UTS namespaces of
its own: so /dev/log and the host name are its own too. sendmail.mc beside this file includes
etc/mail/m4/smtpapi.m4 with the folder's paths and ports put in their places, so what an administrator
is told to install is what runs here."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from .mail_sink import MailSink
from .postfix import USER, replaced
from .servers import Logins, Syslog
from .wait import until

HERE = Path(__file__).resolve().parent
SNIPPET = HERE.parent.parent / "etc" / "mail" / "m4" / "smtpapi.m4"
SERVICES = ("submission", "sink", "inject", "pool")
PROGRAM = "usr/libexec/sendmail/sendmail"
DEVICES = [name for name in ("null", "zero", "full", "random", "urandom", "tty") if Path("/dev", name).exists()]
HOST_NAME = "mx.sandbox.test"
RULE_SET = "LOCAL_RULESETS\nSLocal_check_rcpt\n"


def root() -> Path:
    """The folder that Debian's packages were unpacked to."""
    return Path(os.environ.get("SMTPAPI_SENDMAIL", "build/sendmail")).resolve()


def missing() -> str:
    """Why there can be no private Sendmail here; "" when there can."""
    if os.geteuid() != 0:
        return "Sendmail needs root"
    if not (root() / PROGRAM).exists():
        return f"there is no Sendmail: packaging/unpack-sendmail {root()}"
    if not shutil.which("m4"):
        return "m4 is not installed"
    if subprocess.run(["unshare", "--mount", "--uts", "true"], capture_output=True).returncode != 0:
        return "no namespaces can be made here"
    return ""


class PrivateSendmail:
    """`milter` is the milter's socket in libmilter's words, `ports` one for each of SERVICES,
    `user_id` and `group_id` own the mailbox."""

    LOST_IN_DATA = "collect: premature EOM"  # as the log has it

    def __init__(self, folder: Path, milter: str, ports: list[int], user_id: int, group_id: int):
        self.folder = folder
        self.etc = folder / "sendmail"
        self.log = folder / "log" / "mail.log"
        self.config = self.etc / "sendmail.cf"
        self.ports = dict(zip(SERVICES, ports))
        self.sink = MailSink(self.ports["sink"], folder / "mail" / "all")
        self.before_snippet = ""  # lines of sendmail.mc
        self._refused: dict[str, str] = {}
        self._milter = milter
        self._ids = (user_id, group_id)
        self._syslog = Syslog(self.etc / "dev" / "log", self.log)
        self._logins = Logins(self.etc / "mux")
        self._process: subprocess.Popen | None = None

    def configure(self) -> None:
        """Makes the folders and writes the configuration."""
        for name in ("sendmail/dev", "sendmail/sasl", "queue", "log", "mail"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "queue").chmod(0o700)
        for device in DEVICES:
            (self.etc / "dev" / device).touch()
        for name, text in {
            "aliases": "",
            "helpfile": "",
            "local-host-names": "",
            "statistics": "",
            "hosts": f"127.0.0.1 localhost {HOST_NAME}\n127.0.0.9 far.example.net\n",
            "service.switch": "hosts files\naliases files\n",
            "sasl/Sendmail.conf": f"pwcheck_method: saslauthd\nsaslauthd_path: {self.etc}/mux\n",
        }.items():
            (self.etc / name).write_text(text)
        (self.etc / "smtpapi.m4").write_text(self._snippet())
        self._make_config()

    def refuse(self, replies: dict[str, str]) -> None:
        """What the daemons answer to the RCPT of these addresses, and of no others:
        {"ann@example.org": "550 5.1.1 gone away"}. Takes effect at the next start() or reload()."""
        self._refused = replies
        self._make_config()

    def set_aliases(self, text: str) -> None:
        """The aliases of local addresses, those at HOST_NAME, as aliases(5) has them."""
        (self.etc / "aliases").write_text(text)
        _run(*self.command("sendmail"), "-bi")

    def start(self) -> None:
        """Returns when the listeners are there."""
        self.sink.start()
        self._syslog.start()
        self._logins.start()
        self._process = self._popen("sendmail", "-L", "sm-mta", "-bD", "-q1h")
        until(self._has_started, f"start of Sendmail; see {self.folder}/log")

    def stop(self) -> None:
        """Ends the daemon and all it started. Harmless when it does not run."""
        if not self._process:
            return
        # Its sessions and deliveries are in its process group.
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)
        self._process = None
        for server in (self.sink, self._syslog, self._logins):
            server.stop()

    def reload(self) -> None:
        self.stop()
        self.start()

    def flush(self) -> None:
        """Tries deferred mail now."""
        subprocess.run(self.command("sendmail") + ["-q"], check=True)

    def queued(self) -> int:
        """Messages that Sendmail holds."""
        return sum(name[:2] in ("qf", "tf", "df", "Qf", "hf") for name in os.listdir(self.folder / "queue"))

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def command(self, name: str) -> list[str]:
        """A Sendmail command such as sendmail or mailq, for this instance."""
        inside = " && ".join(
            (
                f"hostname {HOST_NAME}",
                *(f"mount --bind /dev/{device} {self.etc}/dev/{device}" for device in DEVICES),
                f"mount --rbind {self.etc}/dev /dev",
                f"mount --bind {self.etc}/hosts /etc/hosts",
                # Where SASL looks for Sendmail.conf, one folder after the other.
                f"for sasl in /etc/sasl2 /usr/lib/sasl2; do [ ! -d $sasl ] || mount --bind {self.etc}/sasl $sasl; done",
                'exec "$@"',
            )
        )
        program = root() / PROGRAM
        shell = ["unshare", "--mount", "--uts", "sh", "-c", inside, name]
        return [*shell, str(program.with_name(name)), f"-C{self.config}"]

    @staticmethod
    def queue_id(reply: str) -> str:
        """Of the answer to a message: "2.0.0 6ALDqUPR024246 Message accepted for delivery"."""
        return reply.split()[1]

    @staticmethod
    def discarded(queue_id: str) -> str:
        """A pattern of the log line that tells that a milter discarded the message."""
        return f"{queue_id}: Milter: data, discard"

    def _popen(self, *words: str) -> subprocess.Popen:
        with (self.folder / "log" / "sendmail.log").open("ab") as log:
            return subprocess.Popen(
                self.command(words[0]) + list(words[1:]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )

    def _has_started(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"Sendmail ended: {(self.folder / 'log' / 'sendmail.log').read_text()}")
        return all(_is_open(self.ports[service]) for service in ("submission", "inject"))

    def _snippet(self) -> str:
        words = {
            "local:/run/smtpapi/milter.sock": self._milter,
            "Port=10026": f"Port={self.ports['inject']}",
            "P=/usr/sbin/smtpapi-bounce": f"P={self.folder}/bin/smtpapi-bounce",
            "A=smtpapi-bounce": f"A=smtpapi-bounce --config {self.folder}/smtpapi.conf",
            "U=smtpapi:smtpapi": f"U={USER}",
        }
        return replaced(SNIPPET.read_text(), words)

    def _make_config(self) -> None:
        (self.etc / "sendmail.mc").write_text(self._mc())
        cf = root() / "usr/share/sendmail/cf"
        self.config.write_text(_run("m4", f"-D_CF_DIR_={cf}/", f"{cf}/m4/cf.m4", str(self.etc / "sendmail.mc")))

    def _mc(self) -> str:
        words = {
            "@FOLDER@": str(self.folder),
            "@UID@": str(self._ids[0]),
            "@GID@": str(self._ids[1]),
            "@SINK@": str(self.ports["sink"]),
            "@SUBMISSION@": str(self.ports["submission"]),
            "@POOL@": str(self.ports["pool"]),
            "@BEFORE@\n": self.before_snippet,
        }
        rules = "".join(
            f'R<{address}>\t$#error $@ {reply.split()[1]} $: "{reply.split()[0]} {" ".join(reply.split()[2:])}"\n'
            for address, reply in self._refused.items()
        )
        return replaced((HERE / "sendmail.mc").read_text(), words) + RULE_SET + rules


def _is_open(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
