"""Where a score comes from: code, versions, machine."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from vos.datasets import Dataset
from vos.evaluation.fingerprints import source_sha256
from vos.evaluation.processes import cores
from vos.run_record import versions


def common_facts(dataset: Dataset) -> dict[str, Any]:
    """What is told of every evaluation, as JSON values."""
    return {
        "dataset": dataset.name,
        "split": dataset.split,
        "data": str(dataset.root),
        "sequences": [sequence.name for sequence in dataset.sequences],
        "versions": versions(),
        "source_sha256": source_sha256(),
        "commit": commit(Path(__file__).parents[2]),
        "machine": machine(),
    }


def commit(checkout: Path) -> str | None:
    """Hash of the commit that lies in `checkout`, with `-dirty` where files differ from it; None outside of Git."""
    if not (checkout / ".git").exists():
        return None
    try:
        told = subprocess.run(
            ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()


def machine() -> dict[str, Any]:
    """Processor, cores that this process may use, memory in MiB and operating system. No name, no address."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "platform": platform.platform(),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
