"""Ports that nobody listens on, for sandboxes that start at the same time."""

import random
import socket

BLOCK = 8


class PortBlock:
    """`ports` are free, and no other PortBlock gets them while this object lives. They lie below
    those that outgoing connections are given."""

    def __init__(self) -> None:
        while True:
            first = random.randrange(20000, 32000, BLOCK)
            # The first port is kept: who cannot bind it takes another block.
            self._claim = _listen(first)
            self.ports = [port for port in range(first + 1, first + BLOCK) if _is_free(port)]
            if self._claim and len(self.ports) == BLOCK - 1:
                return
            self.release()

    def release(self) -> None:
        if self._claim:
            self._claim.close()


def _listen(port: int) -> socket.socket | None:
    line = socket.socket()
    try:
        line.bind(("127.0.0.1", port))
        line.listen()
        return line
    except OSError:
        line.close()
        return None


def _is_free(port: int) -> bool:
    line = _listen(port)
    if line:
        line.close()
    return line is not None
