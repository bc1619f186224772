"""E-mail: received over SMTP, sent over SMTP. One law: the raw message is stored before anything is done with it.

``server`` takes mails in, ``mime`` opens them, ``texts`` and ``quotes`` find what was said, ``letters`` makes events,
``bounces`` and ``automatic`` recognise what no person wrote, ``tokens`` signs addresses, ``writing`` and ``sending``
bring an answer on its way, ``channel`` is the contract.
"""

from channels.email.channel import Email
from channels.email.settings import Settings

__all__ = ["Email", "Settings"]
