"""Two little servers that Sendmail needs about it: a syslog of its own, and one that knows logins."""

import contextlib
import os
import re
import socket
import struct
import threading
from pathlib import Path


class _Listener:
    """A UNIX socket at `path`, served by a thread from start() to stop()."""

    def __init__(self, path: Path, kind: socket.SocketKind):
        self.path = path
        self._kind = kind

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self._line = socket.socket(socket.AF_UNIX, self._kind)
        self._line.bind(str(self.path))
        os.chmod(self.path, 0o666)
        if self._kind == socket.SOCK_STREAM:
            self._line.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while self._serve_one():
                pass

    def _serve_one(self) -> bool:
        """False at the end."""
        return False


class Syslog(_Listener):
    """Appends to `file` what comes to its socket, as syslog daemons write it."""

    def __init__(self, path: Path, file: Path):
        super().__init__(path, socket.SOCK_DGRAM)
        self._file = file

    def _serve_one(self) -> bool:
        text = self._line.recv(65536).rstrip(b"\0\n")
        # "<22>Nov 21 11:01:51 sm-mta[7]: ..."
        stamped = re.match(rb"<\d+>(.{15}) (.*)", text, re.DOTALL)
        if stamped:
            with self._file.open("ab") as log:
                log.write(b"%s mx %s\n" % stamped.groups())
        return bool(text)


class Logins(_Listener):
    """Answers as saslauthd(8) does: everybody's password is "secret"."""

    def __init__(self, path: Path):
        super().__init__(path, socket.SOCK_STREAM)

    def _serve_one(self) -> bool:
        line, _ = self._line.accept()
        with line, line.makefile("rb") as given:
            words = [given.read(struct.unpack("!H", given.read(2))[0]) for _ in range(4)]
            answer = b"OK" if words[1] == b"secret" else b"NO"
            line.sendall(struct.pack("!H", len(answer)) + answer)
        return True
