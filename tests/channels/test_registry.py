"""How channels are found: by module name or another distribution's entry point; imported when needed, not before."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import channels
from hub.ports import Parsed
from tests.channels.cases import FIXTURES


def test_every_module_but_kit_and_simulator_is_a_kind() -> None:
    """No list to extend."""
    own = {path.stem for path in Path(channels.__file__).parent.iterdir() if path.stem[:1].isalpha()}
    assert set(channels.kinds()) == own - {"kit", "simulator", "py"}
    for kind in channels.kinds():
        assert channels.load_channel(kind).kind == kind


@pytest.mark.parametrize("kind", ["smoke", "kit", "simulator", "", "../hub", "webchat.channel", "email\0"])
def test_a_kind_that_does_not_exist_is_named_with_those_that_do(kind: str) -> None:
    """A sentence for the person who wrote the settings."""
    with pytest.raises(LookupError, match=r"known are .*webchat"):
        channels.load_channel(kind)


def test_nothing_is_imported_before_it_is_needed() -> None:
    """A hub without e-mail carries no mail server."""
    program = "import channels, sys; channels.kinds(); channels.load_channel('api'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert "channels.api" in loaded
    assert not loaded & {"channels.email", "channels.webchat", "aiosmtpd", "aiosmtplib", "nh3", "charset_normalizer"}


class Lantern:
    kind = "lantern"


@pytest.fixture
def third_party(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another distribution offers a channel."""
    point = EntryPoint("lantern", f"{__name__}:Lantern", channels.GROUP)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Lantern.__module__])
    monkeypatch.setattr(channels, "entry_points", lambda *, group: (point,) if group == channels.GROUP else ())
    yield


@pytest.mark.usefixtures("third_party")
def test_a_third_party_channel_is_found_by_its_entry_point(tmp_path: Path) -> None:
    """Group continuo.channels; without ``parse_file`` it can't read recordings, and says so."""
    assert "lantern" in channels.kinds()
    assert channels.load_channel("lantern") is Lantern
    recording = tmp_path / "a.json"
    recording.write_text("{}")
    with pytest.raises(LookupError, match="can't read recorded payloads"):
        channels.parse_file("lantern", recording)


@pytest.mark.parametrize("kind", ["api", "email", "webchat"])
def test_every_fixture_can_be_parsed_from_its_file(kind: str) -> None:
    """``continuo parse``: no settings, no signature, no store."""
    for path in sorted((FIXTURES / kind).iterdir()):
        if path.suffix != ".events":
            parsed = channels.parse_file(kind, path)
            assert isinstance(parsed, Parsed)
            assert parsed.events


@pytest.mark.parametrize("kind", ["api", "email", "webchat"])
def test_an_unreadable_file_is_one_unreadable(kind: str, tmp_path: Path) -> None:
    """Exactly one event, never an exception."""
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)))
    parsed = channels.parse_file(kind, path)
    assert [event.external_id.partition(":")[0] for event in parsed.events] == ["unreadable"]


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    """The command line tells its name."""
    with pytest.raises(FileNotFoundError):
        channels.parse_file("email", tmp_path / "none.eml")
