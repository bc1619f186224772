"""The error tree. Each error answers: again? whose fault? certain? what do we tell the person?"""

from __future__ import annotations

from typing import ClassVar


class HubError(Exception):
    """Something went wrong. Please try again."""

    status: ClassVar[int] = 500
    """HTTP status that says the same."""
    code: ClassVar[str] = "error"
    """Stable word for programs."""

    def __init__(self, words: str | None = None, **details: object) -> None:
        self.words = words or (self.__doc__ or "").splitlines()[0]
        self.details = details
        super().__init__(self.words)


class NotFound(HubError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class Conflict(HubError):
    """Somebody else changed this first."""

    status = 409
    code = "conflict"


class Changed(Conflict):
    """Someone answered since you last looked. Your text is still here."""

    code = "changed"


class Gone(Conflict):
    """This offer is over."""

    code = "gone"


class Forbidden(HubError):
    """You may not do this."""

    status = 403
    code = "forbidden"


class Unauthorised(HubError):
    """Please sign in."""

    status = 401
    code = "unauthorised"


class Invalid(HubError):
    """The request is not valid."""

    status = 422
    code = "invalid"


class TooMany(HubError):
    """Too many tries. Please wait a moment."""

    status = 429
    code = "too_many"


class TooLarge(HubError):
    """This is larger than allowed."""

    status = 413
    code = "too_large"


class TooSlow(HubError):
    """The body took too long."""

    status = 408
    code = "slow"


class Unavailable(HubError):
    """The store does not answer. Nothing was accepted; please send it again."""

    status = 503
    code = "unavailable"


class Rejected(HubError):
    """The signature is missing or wrong."""

    status = 403
    code = "rejected"


class Missing(Rejected):
    """The signature is missing."""

    status = 401


class SendError(HubError):
    """The provider did not take the message.

    ``retry``: the outbox tries again by itself. ``certain``: we know that it was not sent.
    ``words`` are the provider's own where it gave any. Classes: channels.md section 5.
    """

    code = "send"
    retry: ClassVar[bool] = False
    certain: ClassVar[bool] = True


class Throttled(SendError):
    """The provider asks us to slow down."""

    code = "throttled"
    retry = True

    def __init__(self, words: str | None = None, *, after: float | None = None) -> None:
        super().__init__(words)
        self.after = after
        """Seconds the provider asked for, or None."""


class Unreachable(SendError):
    """The provider can't be reached; nothing was sent."""

    code = "unreachable"
    retry = True


class ProviderBroken(SendError):
    """The provider says that it is broken; nothing was sent."""

    code = "provider_broken"
    retry = True


class Uncertain(SendError):
    """We don't know whether the message arrived. A person decides."""

    code = "uncertain"
    certain = False


class BadSettings(SendError):
    """The account's credentials or settings are wrong."""

    code = "bad_settings"


class BadAddress(SendError):
    """The address does not exist."""

    code = "bad_address"


class OptedOut(SendError):
    """The customer does not want messages here."""

    code = "opted_out"


class OutsideWindow(SendError):
    """The reply window is closed."""

    code = "outside_window"


class TooLong(SendError):
    """The message is too long for this channel."""

    code = "too_long"


class Refused(SendError):
    """The provider refused the message."""

    code = "refused"
