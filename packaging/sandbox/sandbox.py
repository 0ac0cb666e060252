"""The whole way of a message below one folder: a private Postfix or Sendmail, smtpapi-milter in front of it,
smtpapi-queue behind it, a mailbox at the end, smtpapi-track for the links in the mail."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import pid_file, postfix, sendmail
from .daemon import Daemon
from .mailbox import Mailbox
from .ports import PortBlock
from .postfix import SERVICES, USER, PrivatePostfix
from .sendmail import PrivateSendmail
from .wait import until

PROGRAMS = ("smtpapi-milter", "smtpapi-queue", "smtpapi-intake", "smtpapi-track", "smtpapictl")
PAGES = Path(__file__).resolve().parents[2] / "etc" / "pages"


class Sandbox:
    """`programs` is the folder the programs were built in. `settings` are added to smtpapi.conf:
    {"error.mode": "reject"}. `milter_by_tcp`: the milter listens on a port, not on a UNIX socket.
    `mta`: "postfix" or "sendmail"."""

    def __init__(
        self,
        programs: Path,
        settings: dict[str, str] | None = None,
        milter_by_tcp: bool = False,
        prefix: str = "smtpapi-",
        mta: str = "postfix",
    ):
        if reason := missing(mta):
            raise RuntimeError(reason)
        for name in PROGRAMS:
            if not (programs / name).exists():
                raise RuntimeError(f"{programs / name} is not built")
        owner = pwd.getpwnam(USER)
        self._ids = (owner.pw_uid, owner.pw_gid)
        self.folder = Path(tempfile.mkdtemp(prefix=prefix))
        self.folder.chmod(0o755)
        self._block = PortBlock()
        *service_ports, self.milter_port, track_port = self._block.ports[: len(SERVICES) + 2]
        self.links = f"http://127.0.0.1:{track_port}"  # what links in the mail start with
        self._make_folders(programs)

        self.config = self.folder / "smtpapi.conf"
        path = self.folder / "run" / "milter.sock"
        ours, theirs = f"unix:{path}", f"unix:{path}"
        answers = lambda: _answers(socket.AF_UNIX, str(path))
        if milter_by_tcp:
            ours = f"inet:{self.milter_port}@127.0.0.1"
            theirs = f"inet:127.0.0.1:{self.milter_port}"
            answers = lambda: _answers(socket.AF_INET, ("127.0.0.1", self.milter_port))
        intake = f"{self.program('smtpapi-intake')} --config {self.config}"
        self.mta: PrivatePostfix | PrivateSendmail
        if mta == "sendmail":
            self.mta = PrivateSendmail(self.folder, ours, service_ports, *self._ids)
            # Foreign clients come from another address of the loopback network.
            settings = {
                "trust.networks": "127.0.0.1/32",
                "inject.pools": f"a=127.0.0.2:{self.mta.ports['pool']}",
                **(settings or {}),
            }
        else:
            self.mta = PrivatePostfix(self.folder, theirs, intake, service_ports, *self._ids)
        self.mailbox = Mailbox(self.folder / "mail" / "all")
        self.settings = {
            "milter.socket": ours,
            "store.url": f"sqlite://{self.folder}/store/store.db",
            "inject.server": f"127.0.0.1:{self.mta.ports['inject']}",
            "inject.pools": f"a=127.0.0.1:{self.mta.ports['pool']}",
            "error.postmaster": "postmaster@example.com",
            "tracking.url": self.links,
            "tracking.listen": f"127.0.0.1:{track_port}",
            "tracking.pages": str(self.folder / "pages"),
            "events.log": str(self.mta.log),
            "daemon.user": USER,
            "log.to": "stderr",
            **(settings or {}),
        }
        self.milter = Daemon(self.folder, self._command("smtpapi-milter"), answers)
        self.queue = Daemon(self.folder, self._command("smtpapi-queue"))
        track = lambda: _answers(socket.AF_INET, ("127.0.0.1", track_port))
        self.track = Daemon(self.folder, self._command("smtpapi-track"), track)

    @property
    def postfix(self) -> PrivatePostfix:
        """The MTA of runs that are about Postfix."""
        return self.mta

    def configure(self) -> None:
        """Writes all configuration. It may be changed before start()."""
        self.mta.configure()
        self.write_config()

    def start(self) -> None:
        self.control("init")
        self.milter.start()
        self.queue.start()
        self.track.start()
        self.mta.start()

    def close(self) -> None:
        """Ends everything and removes the folder."""
        # The milter last: that it is gone would be news to the MTA. It takes seconds to end by itself (LM-8).
        self.mta.stop()
        self.milter.kill()
        remove(self.folder)
        self._block.release()

    def own(self, path: Path) -> None:
        """Gives it to the user that our programs run as."""
        os.chown(path, *self._ids)

    def write_config(self) -> None:
        sections: dict[str, list[str]] = {}
        for name, value in self.settings.items():
            section, _, key = name.partition(".")
            sections.setdefault(section, []).append(f"{key} = {value}\n")
        self.config.write_text(
            "\n".join(f"[{name}]\n" + "".join(lines) for name, lines in sections.items())
        )

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def control(self, *words: str, given: bytes = b"", check: bool = True) -> subprocess.CompletedProcess:
        """Runs smtpapictl with the sandbox's configuration, as the programs' user."""
        command = [*self._command("smtpapictl"), *words]
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            cwd="/",
            user=self._ids[0],
            group=self._ids[1],
            extra_groups=[],
            umask=0o007,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode()}")
        return done

    def logs(self, lines: int = 60) -> str:
        """The ends of all logs."""
        return "\n".join(
            f"{file.name}:\n" + "\n".join(file.read_text(errors="replace").splitlines()[-lines:])
            for file in sorted((self.folder / "log").glob("*.log"))
        )

    def copies(self, *filters: str) -> list[dict]:
        """What `smtpapictl queue list --json` shows of the copies: one object a line."""
        lines = self.control("queue", "list", "--all", "--json", *filters).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def settle(self, seconds: float = 60) -> None:
        """Waits until nothing is on its way: no message in the MTA, no copy that is due."""
        until(lambda: self._idle(), f"end of all deliveries; see {self.folder}", seconds, every=0.1)

    def _idle(self) -> bool:
        # A message moves from the MTA to the store or back, never both ways between two looks.
        return all(look() for look in (self._nothing_due, self._nothing_queued, self._nothing_due))

    def _nothing_queued(self) -> bool:
        return self.mta.queued() == 0

    def _nothing_due(self) -> bool:
        now = time.time()
        return not any(copy["due"] <= now for copy in self.copies("--state", "waiting"))

    def _make_folders(self, programs: Path) -> None:
        # Members of group postfix may use the socket (PK-4), everybody may run the programs.
        for name, mode, group in (("run", 0o2750, "postfix"), ("store", 0o700, None), ("bin", 0o755, None)):
            folder = self.folder / name
            folder.mkdir()
            if name != "bin":
                self.own(folder)
            if group:
                shutil.chown(folder, group=group)
            folder.chmod(mode)
        shutil.copytree(PAGES, self.folder / "pages")
        for name in PROGRAMS:
            # A folder that only root may enter can hold the build.
            try:
                os.link(programs / name, self.program(name))
            except OSError:
                shutil.copy2(programs / name, self.program(name))

    def _command(self, program: str) -> list[str]:
        return [str(self.program(program)), "--config", str(self.config)]


def missing(mta: str = "postfix") -> str:
    """Why there can be no such MTA of our own here; "" when there can."""
    return (sendmail if mta == "sendmail" else postfix).missing()


def remove(folder: Path) -> None:
    """Ends what runs below a sandbox's folder, whoever started it, and removes the folder."""
    # Postfix first: a milter that is gone would be news to it.
    for file in (folder / "queue" / "pid" / "master.pid", *(folder / "run").glob("*.pid")):
        pid_file.end(file)
    shutil.rmtree(folder)


def _answers(family: socket.AddressFamily, address) -> bool:
    with socket.socket(family) as line:
        return line.connect_ex(address) == 0
