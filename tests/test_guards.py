"""Each guard is shown a test that breaks its rule."""

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inner run loads what it names and starts three times as fast."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


BREAKERS = [
    ("holding the event loop", "async def test_it():\n    time.sleep(0.15)", "event loop was held"),
    (
        "leaving a task",
        "tasks = []\nasync def test_it():\n    tasks.append(asyncio.create_task(asyncio.sleep(9)))",
        "left pending",
    ),
    ("leaving a variable", "def test_it():\n    os.environ['LEFT'] = '1'", "LEFT was left changed"),
    (
        "asking a name server",
        "def test_it():\n    with suppress(OSError): socket.getaddrinfo('example.com', 80)",
        "example.com",
    ),
    (
        "calling out",
        "def test_it():\n    with suppress(OSError): socket.create_connection(('192.0.2.1', 9))",
        "192.0.2.1",
    ),
    ("warning", "def test_it():\n    warnings.warn('old')", "UserWarning"),
]
ALLOWED = [
    (
        "a loop held with a reason",
        "@pytest.mark.loop_may_block(seconds=1, reason='shown')\nasync def test_it():\n    time.sleep(0.15)",
    ),
    (
        "a server on loopback",
        "async def test_it():\n    async with await asyncio.start_server(print, '127.0.0.1', 0): pass",
    ),
    ("a loop that waits", "async def test_it():\n    await asyncio.sleep(0.15)"),
    ("a literal address", "def test_it():\n    socket.getaddrinfo('192.0.2.1', 80)"),
]
IMPORTS = "import asyncio, os, socket, time, warnings\nfrom contextlib import suppress\nimport pytest\n"
OPTIONS = (
    "-p",
    "pytest_asyncio.plugin",
    "-p",
    "tests.guards",
    "-p",
    "no:cacheprovider",
    "--asyncio-mode=auto",
    "-W",
    "error",
)


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(IMPORTS + source)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nmarkers = loop_may_block: reason\n")
    return pytester.runpytest_subprocess(*OPTIONS, *options)


@pytest.mark.parametrize(("source", "said"), [case[1:] for case in BREAKERS], ids=[case[0] for case in BREAKERS])
def test_a_broken_rule_fails_the_test(pytester: pytest.Pytester, source: str, said: str) -> None:
    result = run(pytester, source)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert said in result.stdout.str()


@pytest.mark.parametrize("source", [case[1] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_what_is_allowed_passes(pytester: pytest.Pytester, source: str) -> None:
    assert run(pytester, source).ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    "source",
    ["def test_it():\n    pytest.skip('no server')", "pytest.importorskip('no_such_module')\ndef test_it(): pass"],
    ids=["inside a test", "at import"],
)
def test_a_skip_is_a_failure_where_everything_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.delenv("CONTINUO_REQUIRE_ALL", raising=False)
    assert run(pytester, source).ret in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}

    monkeypatch.setenv("CONTINUO_REQUIRE_ALL", "1")
    assert run(pytester, source).ret not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
