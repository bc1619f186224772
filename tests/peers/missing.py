"""What a machine lacks: a skip with the package's name, a failure where everything is required."""

import os
from typing import NoReturn

import pytest

REQUIRE_ALL = "CONTINUO_REQUIRE_ALL"


def is_everything_required() -> bool:
    return os.environ.get(REQUIRE_ALL) == "1"


def skip_without(what: str, remedy: str) -> NoReturn:
    pytest.skip(f"{what} is missing; {remedy}")
