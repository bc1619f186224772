"""What is told when a database fails. Law: its words may quote rows, so only their first line is kept for the log."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from hub.errors import Conflict, HubError, Invalid, Unavailable
from hub.store.dialect import Dialect


def told(error: Exception, dialect: Dialect) -> Exception:
    """What the caller of a failed change or query learns."""
    match error:
        case IntegrityError():
            return Conflict()
        case DataError() | UnicodeEncodeError() | OverflowError():
            return Invalid("This holds characters or sizes that can't be stored.")
        case DBAPIError():
            return HubError() if dialect.blame(error) == "change" else Unavailable()
        case SQLAlchemyError():
            return Unavailable()
        case _:
            return error


def words(error: Exception) -> str:
    """For the log: what went wrong, without the values."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(said).__name__}: {str(said).partition(chr(10))[0][:200]}"
