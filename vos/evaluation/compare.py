"""Two reports of one data set: what was done differently, and what became of each object."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vos.errors import InputError
from vos.evaluation.output import REPORT
from vos.evaluation.report_tables import PATHS, flattened

_TIMES = ("peak_memory_mib", "scoring_peak_memory_mib", "peak_gpu_memory_mib")
"""Facts that differ between two runs of the same thing."""
_TOLD_ELSEWHERE = ("dataset", "split", "sequences", "models")
"""Facts that are compared on their own, or told twice."""
_UNTOLD = (*_TIMES, *_TOLD_ELSEWHERE, *PATHS)
_MEANS = ("JF", "J_mean", "F_mean")

ObjectKey = tuple[str, str]
"""Sequence and object id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """J&F, J and F as fractions."""

    jf: float
    j: float
    f: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One object, or the whole, in both reports."""

    before: Means
    after: Means

    @property
    def jf(self) -> float:
        return self.after.jf - self.before.jf


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What differs between a report and a later one."""

    dataset: str
    facts: Mapping[str, tuple[Any, Any]]
    """Dotted name of a fact → its values; None where a report does not tell it."""
    totals: Mapping[str, tuple[float, float]]
    """The totals that both tell, or means over the common objects where not all are common."""
    objects: Mapping[ObjectKey, Change]
    """Largest change first."""
    left_out: Sequence[str]
    """Sequences that only one of the reports has; empty unless that was allowed."""


def read_report(path: Path) -> dict[str, Any]:
    """A report.json, given as such or by its folder. InputError for anything else."""
    file = path / REPORT if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read as a report ({error})") from error
    needed = {*_MEANS, "dataset", "sequences", "objects", "provenance"}
    missing = sorted(needed - set(content)) if isinstance(content, dict) else sorted(needed)
    if missing:
        raise InputError(f"{file}: is no report of `vos evaluate`; it has no {', '.join(missing)}")
    return dict(content)


def compare(before: Mapping[str, Any], after: Mapping[str, Any], *, common: bool = False) -> Comparison:
    """What changed between two reports, as `read_report` gives them.

    common: compare the sequences that both have; else InputError where one has others. InputError in any case for
    reports of different data sets or splits, and where a sequence has other objects or scored frames.
    """
    _require_equal("data set", before.get("dataset"), after.get("dataset"))
    _require_equal("split", before.get("split"), after.get("split"))
    left_out = sorted(set(before["sequences"]) ^ set(after["sequences"]))
    if left_out and not common:
        raise InputError(
            f"the reports are of different sequences: only one has {', '.join(left_out)}; "
            "ask for the common ones (--common) to compare those"
        )
    old, new = _objects(before, left_out), _objects(after, left_out)
    if not old:
        raise InputError("the reports have no sequence in common")
    if {key: one["frames"] for key, one in old.items()} != {key: one["frames"] for key, one in new.items()}:
        raise InputError("the reports differ in the objects or scored frames of a sequence: the truth is not the same")
    changes = {key: Change(before=_means(old[key]), after=_means(new[key])) for key in old}
    return Comparison(
        dataset=str(before["dataset"]),
        facts=_facts(before["provenance"], after["provenance"]),
        totals=_common_totals(changes) if left_out else _totals(before, after),
        objects=dict(sorted(changes.items(), key=lambda item: (-abs(item[1].jf), item[0]))),
        left_out=left_out,
    )


def _require_equal(what: str, before: Any, after: Any) -> None:
    if before != after:
        raise InputError(f"the reports are of different {what}s, {before} and {after}: their scores do not compare")


def _objects(report: Mapping[str, Any], left_out: Sequence[str]) -> dict[ObjectKey, Mapping[str, Any]]:
    return {(one["sequence"], str(one["object"])): one for one in report["objects"] if one["sequence"] not in left_out}


def _means(one: Mapping[str, Any]) -> Means:
    return Means(jf=one["JF"], j=one["J_mean"], f=one["F_mean"])


def _facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    old, new = flattened(before), flattened(after)
    names = [name for name in {**old, **new} if name.partition(".")[0] not in _UNTOLD]
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def _totals(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    numbers = [name for name, value in before.items() if isinstance(value, float) and name != "frames_per_second"]
    return {name: (before[name], after[name]) for name in numbers if isinstance(after.get(name), float)}


def _common_totals(changes: Mapping[ObjectKey, Change]) -> dict[str, tuple[float, float]]:
    """Means over objects: a benchmark's own total of a part of its set would mean nothing."""
    count = len(changes)
    return {
        name: (
            sum(getattr(change.before, field) for change in changes.values()) / count,
            sum(getattr(change.after, field) for change in changes.values()) / count,
        )
        for name, field in zip(_MEANS, ("jf", "j", "f"), strict=True)
    }
