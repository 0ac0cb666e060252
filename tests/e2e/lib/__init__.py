"""What the end-to-end runs stand on: a sandbox of real programs, an SMTP client, messages.

Each NN-name.py beside this folder is a program: it starts a sandbox of its own, so several may run
at a time, and exits with 77 where there can be none."""

from .client import Client
from .end_to_end import MTA, EndToEnd, main, postfix_only, sendmail_only
from .messages import compose
from .store_lock import store_locked

__all__ = ["MTA", "Client", "EndToEnd", "compose", "main", "postfix_only", "sendmail_only", "store_locked"]
