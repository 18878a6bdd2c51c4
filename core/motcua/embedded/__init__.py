"""A real PostgreSQL 18 and a real Redis out of wheels, for the demo and the tests.

Nothing has to be installed, nothing listens on a port, and root needs no extra account. In production
the program uses servers that somebody else runs; see ``motcua.settings``.
"""

from motcua.embedded.postgres import Postgres
from motcua.embedded.redis import Redis

__all__ = ["Postgres", "Redis"]
