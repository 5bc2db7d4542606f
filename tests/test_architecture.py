"""Who may import whom, held by reading the source: docs/architecture.md explains why.

Ruff holds what is said of single lines: no print outside the command line (T20), no assert (S101), no bare
except (E722, BLE).
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CORE = "seggpt_core"
CORE_ERRORS = "seggpt_core.errors"
CORE_FILES = "seggpt_core.files"
HUB = Path("seggpt_core/hub.py")
"""The one file that knows the hub of published weights."""
COMMON = {"errors", "types"}
"""Every room of vos may import these."""

ROOMS: dict[str, set[str]] = {
    "errors": {CORE_ERRORS},
    "types": set(),
    "channel": set(),
    "io": {CORE_FILES},
    "crop": {CORE},
    "focus": {"crop"},
    "continuity": {"crop"},
    "memory": {CORE, "crop", "focus"},
    "metrics": set(),
    "datasets": {"io"},
    "settings": {"memory"},
    "confidence": {CORE},
    "soft_masks": {CORE, "crop"},
    "models": {CORE, "settings"},
    "painted": {CORE, "confidence", "soft_masks", "crop", "focus", "continuity"},
    "tracker": {CORE, "memory", "models", "settings", "painted", "soft_masks", "crop", "focus"},
    "guided": {"tracker", "memory", "soft_masks"},
    "pipeline": {"io", "tracker", "settings", "channel", "guided"},
    "jsonl": {"io"},
    "resume": {"guided", "jsonl", "memory", "run_record", "soft_masks", "crop", "focus"},
    "both_ways": {"resume"},
    "direction": set(),
    "exports": {"io", "matte"},
    "prompts": {"io"},
    "confidence_plot": {"io"},
    "confidence_log": {"io", "confidence_plot"},
    "matte": set(),
    "run_record": {"io", "pipeline", "settings"},
    "evaluation": {
        CORE,
        "pipeline",
        "datasets",
        "metrics",
        "io",
        "jsonl",
        "models",
        "tracker",
        "settings",
        "run_record",
    },
    "demo": {"io"},
    "__init__": {"pipeline", "settings", "tracker"},
}
"""Room of vos → what it may import besides itself and COMMON. `cli` is a leaf: it may import every room."""

CORE_LIBRARIES = {"torch", "numpy", "cv2", "PIL", "safetensors"}
"""What the core, training included, may import: a bare GPU machine has these."""


@dataclass(frozen=True)
class Import:
    """One import statement: the file it stands in, and the module it names."""

    file: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def sources(*tops: str) -> list[Path]:
    return sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))


def imports(path: Path) -> Iterator[Import]:
    """Every import of the file, at whatever depth; `from vos import io` counts as `vos.io`."""
    file = path.relative_to(ROOT)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            module = node.module or ""
            if module == "vos":
                yield from (Import(file, node.lineno, _member_of_vos(alias.name)) for alias in node.names)
            else:
                yield Import(file, node.lineno, module)


def _member_of_vos(name: str) -> str:
    is_module = (ROOT / "vos" / name).is_dir() or (ROOT / "vos" / f"{name}.py").is_file()
    return f"vos.{name}" if is_module else "vos"


def all_imports(*tops: str) -> list[Import]:
    return [found for path in sources(*tops) for found in imports(path)]


def room_of(path: Path) -> str:
    """`vos/io/masks.py` → `io`, `vos/tracker.py` → `tracker`."""
    return path.parts[1].removesuffix(".py")


def is_allowed(found: Import, allowed: set[str]) -> bool:
    if found.module.startswith(CORE):
        return CORE in allowed or found.module in allowed
    room = found.module.split(".")[1] if "." in found.module else "__init__"
    return room in allowed


def test_core_never_imports_vos() -> None:
    assert [str(i) for i in all_imports(CORE) if i.module.split(".")[0] == "vos"] == []


def test_core_and_training_import_only_what_a_bare_gpu_machine_has() -> None:
    known = CORE_LIBRARIES | {CORE} | sys.stdlib_module_names
    wrong = [i for i in all_imports(CORE) if i.module.split(".")[0] not in known]
    assert [str(i) for i in wrong if i.file != HUB] == []


def test_models_do_not_know_that_they_are_trained() -> None:
    outside = [i for i in all_imports(CORE) if "training" not in i.file.parts]
    assert [str(i) for i in outside if i.module.startswith("seggpt_core.training")] == []


@pytest.mark.parametrize("library", ["ray", "huggingface_hub"])
def test_heavy_library_is_imported_in_one_file(library: str) -> None:
    files = {i.file for i in all_imports("vos", CORE) if i.module.split(".")[0] == library}
    assert len(files) <= 1
    if library == "huggingface_hub":
        assert files == {HUB}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_room_imports_only_along_the_arrows(room: str) -> None:
    allowed = ROOMS[room] | COMMON | {room}
    own = [i for i in all_imports("vos") if room_of(i.file) == room and i.module.split(".")[0] in ("vos", CORE)]
    assert [str(i) for i in own if not is_allowed(i, allowed)] == []


def test_every_room_has_its_arrows() -> None:
    assert {room_of(path.relative_to(ROOT)) for path in sources("vos")} - {"cli"} <= set(ROOMS)


def test_published_names_are_imported_by_users_only() -> None:
    wrong = [i for i in all_imports("vos", CORE) if i.module == "vos" and i.file.parts[1] != "cli"]
    assert [str(i) for i in wrong] == []


def test_weights_are_loaded_strictly() -> None:
    loose = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources("vos", CORE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "load_state_dict"
        if any(k.arg == "strict" and isinstance(k.value, ast.Constant) and not k.value.value for k in node.keywords)
    ]
    assert loose == []


def test_propagate_script_is_short() -> None:
    assert len((ROOT / "propagate.py").read_text(encoding="utf-8").splitlines()) <= 40
