"""The console's types are those of the OpenAPI document, which are those of the handlers."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.missing import skip_without

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "agent_ui" / "tools"
COMMITTED = ROOT / "agent_ui" / "web" / "src" / "api" / "api.d.ts"
COMMAND = "python hatch_build.py agent_ui/tools run types -- ../openapi.json -o"


@pytest.mark.timeout(120)
def test_the_committed_types_are_the_generated_ones(tmp_path: Path) -> None:
    """Generated again with the same tool: nothing differs."""
    if not (TOOLS / "node_modules" / ".bin" / "openapi-typescript").exists():
        skip_without("openapi-typescript", "run: make check, or python hatch_build.py agent_ui/tools ci")
    made = tmp_path / "api.d.ts"
    words = [
        sys.executable,
        "hatch_build.py",
        "agent_ui/tools",
        "run",
        "types",
        "--",
        "../openapi.json",
        "-o",
        str(made),
    ]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    assert made.read_text() == COMMITTED.read_text(), f"run: {COMMAND} ../web/src/api/api.d.ts"
