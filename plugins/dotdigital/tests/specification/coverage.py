"""What was proven against the files, as it is committed, and the table of it.

`python -m plugins.dotdigital.tests.specification.coverage` proves it again and writes both.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from plugins.dotdigital.tests.specification.checking import Checked, check
from plugins.dotdigital.tests.specification.files import shape_of
from plugins.dotdigital.tests.specification.walk import walk

PLUGIN = Path(__file__).parents[2]
ADAPTER = PLUGIN / "src" / "martech_dotdigital"
COMMITTED = PLUGIN / "spec_coverage.json"
README = PLUGIN / "README.md"
MARK = "specification"
METHODS = {"get": "GET", "put": "PUT", "post": "POST", "patch": "PATCH", "delete": "DELETE", "send": "POST"}


@cache
def used() -> dict[tuple[str, str], str]:
    """Return every operation that the adapter's code asks for, with its route as written there."""
    return {(method, shape_of(route)): f"{method} {route}" for method, route in sorted(_routes())}


def _routes() -> Iterator[tuple[str, str]]:
    for file in ADAPTER.rglob("*.py"):
        if "emulator" in file.relative_to(ADAPTER).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                route = first.value if isinstance(first, ast.Constant) else None
                if node.func.id in METHODS and isinstance(route, str) and route.startswith("/"):
                    yield METHODS[node.func.id], route


def proven(checked: Mapping[tuple[str, str], Checked]) -> dict[str, Any]:
    """Return what was checked as it is committed."""
    files = {file: digest for one in checked.values() for file, digest in one.files.items()}
    operations = [
        {
            "operation": one.operation,
            "row": ", ".join(sorted({row_of(verb) for verb in one.verbs})),
            "verbs": sorted(one.verbs),
            "request": sorted(one.request),
            "response": sorted(one.response),
            "statuses": sorted(one.statuses),
            "files": sorted(one.files),
            "deviations": len(one.findings),
        }
        for shape, one in sorted(checked.items(), key=lambda item: item[1].operation.split(" ")[::-1])
        if shape in used()
    ]
    return {"files": dict(sorted(files.items())), "operations": operations}


def row_of(verb: str) -> str:
    return ".".join(verb.split(".")[:-1])


def committed() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return known


def table(known: dict[str, Any]) -> str:
    """Return the table of the README."""
    operations = known["operations"]
    lines = [
        f"{len(operations)} operations in {len(known['files'])} files; the adapter asks for {len(used())}.",
        "",
        "| operation | row | request checked | answer checked |",
        "| --- | --- | --- | --- |",
    ]
    for one in operations:
        row = ", ".join(f"`{name}`" for name in one["row"].split(", "))
        lines.append(f"| `{one['operation']}` | {row} | {_said(one['request'])} | {_said(one['response'])} |")
    return "\n".join(lines)


def _said(checked: list[str]) -> str:
    return ", ".join(checked) or "nothing is said"


def in_readme() -> str:
    found = re.search(rf"<!-- {MARK} -->\n(.*?)\n<!-- /{MARK} -->", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found, "the README has no place for the table"
    return found.group(1)


def write() -> None:
    """Prove it again, and write what was proven and the table of it."""
    known = proven(check(walk()))
    COMMITTED.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    between = f"<!-- {MARK} -->\n{table(known)}\n<!-- /{MARK} -->"
    text = README.read_text(encoding="utf-8")
    README.write_text(
        re.sub(rf"<!-- {MARK} -->.*<!-- /{MARK} -->", lambda _: between, text, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    write()
