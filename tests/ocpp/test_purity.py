"""Floor 0 has no framework, clock, chance or input and output."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics import ocpp

FOLDER = Path(ocpp.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
FORBIDDEN = {"asyncio", "boto3", "celery", "channels", "django", "ocpp", "random", "redis", "time"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_module_imports_the_world(path):
    modules = set(imported(path))
    assert not {name.partition(".")[0] for name in modules} & FORBIDDEN
    ours = {name for name in modules if name.startswith("diagnostics")}
    assert all(name.startswith("diagnostics.ocpp") for name in ours)


def test_importing_and_using_it_needs_no_framework():
    program = (
        "import sys; from diagnostics.ocpp.connection import Connection;"
        "from diagnostics.ocpp.codecs import codec_for; codec_for('2.1');"
        "assert Connection('2.1').receive_text('[2,\"a\",\"Heartbeat\",{}]', 0.0);"
        "print(sorted({'django', 'asyncio', 'ocpp', 'channels', 'celery'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        cwd=FOLDER.parent.parent,
    )
    assert result.stdout.strip() == "[]"


def test_files_and_functions_stay_readable():
    for path in FILES:
        source = path.read_text()
        assert source.count("\n") < 300, path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 40, f"{path}: {node.name}"
