"""Web chat: the customer's side of a conversation on a web page. One law: an acknowledged message is committed.

``channel`` is the contract, ``frames`` the protocol, ``visits`` the signed tokens and origins, ``sockets`` one live
connection, ``fallback`` the same over plain HTTP, ``limits`` what one visit may use.
"""

from channels.webchat.channel import WebChat
from channels.webchat.settings import Settings

__all__ = ["Settings", "WebChat"]
