"""Short messages to people: texts as data, sent after the commit by the channels that plugins bring.

Example::

    await notices.send(work, "called", phone, {"number": "A007", ...}, language="vi", subject=ticket)
"""

from motcua.notices.sending import OWED, SUBSCRIBER, deliver, gave_up, reach, send

__all__ = ["OWED", "SUBSCRIBER", "deliver", "gave_up", "reach", "send"]
