"""Handing a letter to the company's mail server. Law: after the data went out, only an answer makes us certain.

RFC 5321; codes of RFC 3463. Every failure is one of the SendError classes of channels.md section 10.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NoReturn

import aiosmtplib

from channels.email.settings import Settings
from channels.email.writing import Letter
from hub.errors import (
    BadAddress,
    BadSettings,
    ProviderBroken,
    Refused,
    SendError,
    Throttled,
    TooLong,
    Uncertain,
    Unreachable,
)

_SIGN_IN: Final = frozenset({530, 534, 535, 538})
SMTP_FAULTS: Final = (aiosmtplib.SMTPException, OSError)
_LOST: Final = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)
_WORDS: Final = 300
_BYE_SECONDS: Final = 5.0
_SLOWEST: Final = 50_000
"""Bytes per second that a mail server must take."""


async def deliver(letter: Letter, settings: Settings) -> None:
    """Raises SendError only. All recipients get it, or none."""
    async with connection(settings) as smtp:
        try:
            async with asyncio.timeout(settings.relay_seconds):
                await smtp.mail(letter.sender, options=[f"SIZE={len(letter.content)}"] if _takes_size(smtp) else [])
                for recipient in letter.recipients:
                    await smtp.rcpt(recipient)
        except aiosmtplib.SMTPResponseException as error:
            raise refusal(error.code, error.message) from None
        except _LOST as error:
            raise Unreachable(f"The mail server hung up before it had the mail: {_why(error)}") from None
        except (aiosmtplib.SMTPException, ValueError) as error:
            raise Refused(f"The mail can't be handed over: {_why(error)}") from None
        try:
            async with asyncio.timeout(settings.relay_seconds + len(letter.content) / _SLOWEST):
                await smtp.data(letter.content)
        except aiosmtplib.SMTPResponseException as error:
            raise refusal(error.code, error.message) from None
        except _LOST as error:
            raise Uncertain(f"The mail server hung up before it took the mail: {_why(error)}") from None
        try:
            async with asyncio.timeout(min(_BYE_SECONDS, settings.relay_seconds)):
                await smtp.quit()
        except SMTP_FAULTS:
            smtp.close()  # it has the mail


@asynccontextmanager
async def connection(settings: Settings) -> AsyncIterator[aiosmtplib.SMTP]:
    """A mail server that is ready and knows us. Raises SendError."""
    if not settings.relay_host:
        raise BadSettings("This account can't send: no relay_host is set.")
    smtp = aiosmtplib.SMTP(
        hostname=settings.relay_host,
        port=settings.relay_port,
        local_hostname=settings.domain,
        timeout=None,  # with one, its wait_for may swallow our cancellation on Python 3.11
        use_tls=settings.relay_tls == "tls",
        start_tls=settings.relay_tls == "starttls",
    )
    try:
        try:
            async with asyncio.timeout(settings.relay_seconds):
                await smtp.connect()
                await smtp.ehlo()
                if settings.relay_user and settings.relay_password:
                    await smtp.login(settings.relay_user, settings.relay_password.reveal())
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            _raise_for_connection(error)
        yield smtp
    finally:
        smtp.close()  # also when we are cancelled in the middle of the greeting


def _raise_for_connection(error: Exception) -> NoReturn:
    match error:
        case aiosmtplib.SMTPAuthenticationError(code=code) if code >= 500:
            raise BadSettings("The mail server refuses our user name or password.") from None
        case aiosmtplib.SMTPResponseException(code=code, message=words):
            raise refusal(code, words) from None
        case aiosmtplib.SMTPNotSupported() | ssl.SSLError():
            raise BadSettings(f"TLS or sign-in failed: {_why(error)}") from None
        case _ if isinstance(error.__cause__, ssl.SSLError) or "STARTTLS" in str(error):
            raise BadSettings(f"TLS failed: {_why(error)}") from None
        case _:
            raise Unreachable(f"The mail server can't be reached: {_why(error)}") from None


def refusal(code: int, words: str) -> SendError:
    """What an SMTP answer means; certain, for the server said that it did not take the mail."""
    said = f"{code} {words}".strip().replace("\n", " ")[:_WORDS]
    found = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", words)
    status = found.group(1) if found else ""
    match code:
        case _ if code in _SIGN_IN:
            return BadSettings(said)
        case _ if code < 500:
            return Throttled(said) if code in (421, 450, 451, 452) and _is_rate(status, words) else ProviderBroken(said)
        case 552 | 523:
            return TooLong(said)
        case _ if status in ("5.2.3", "5.3.4"):
            return TooLong(said)
        case _ if status.startswith("5.1.") or (not status and code in (550, 551, 553)):
            return BadAddress(said)
        case _:
            return Refused(said)


def _is_rate(status: str, words: str) -> bool:
    return status.startswith("4.7.") or re.search(r"too many|rate|throttl|slow|quota", words, re.IGNORECASE) is not None


def _takes_size(smtp: aiosmtplib.SMTP) -> bool:
    return smtp.supports_extension("size")


def _why(error: Exception) -> str:
    return str(error)[:_WORDS] or type(error).__name__
