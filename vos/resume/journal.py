"""What a pass through a clip has finished: one line a frame, written once all of the frame's files are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vos.memory.policies import Record
from vos.memory.snapshot import CohortMemory, Memory


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortEntry:
    """One cohort's memory after a frame; what is known of each remembered frame stands in that frame's own entry."""

    passes: tuple[tuple[int, ...], ...]
    kept: tuple[int, ...]
    """Numbers of the remembered frames, in the order of `CohortMemory.records`."""
    record: Record | None
    """Of this frame, if it is remembered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A frame that is segmented and written."""

    index: int
    confidence: Mapping[int, float]
    memory: tuple[CohortEntry, ...]


def entry(index: int, confidence: Mapping[int, float], memory: Memory) -> Entry:
    """What to write down after frame `index`."""
    cohorts = (
        CohortEntry(
            passes=cohort.passes,
            kept=tuple(record.index for record in cohort.records),
            record=next((record for record in cohort.records if record.index == index), None),
        )
        for cohort in memory
    )
    return Entry(index=index, confidence=confidence, memory=tuple(cohorts))


def memory_after(entries: Mapping[int, Entry], index: int) -> Memory:
    """The memory after frame `index`, from its entry and those of the frames that it remembers."""
    return tuple(
        CohortMemory(passes=cohort.passes, records=tuple(_record(entries[kept], number) for kept in cohort.kept))
        for number, cohort in enumerate(entries[index].memory)
    )


def to_json(one: Entry) -> dict[str, Any]:
    """Plain values; numbers come back exactly."""
    cohorts = [
        {"passes": cohort.passes, "kept": cohort.kept, "record": cohort.record and _record_to_json(cohort.record)}
        for cohort in one.memory
    ]
    return {"index": one.index, "confidence": one.confidence, "memory": cohorts}


def from_json(value: Mapping[str, Any]) -> Entry:
    """Raises KeyError, TypeError or ValueError for what `to_json` did not make."""
    cohorts = (
        CohortEntry(
            passes=tuple(map(tuple, cohort["passes"])),
            kept=tuple(cohort["kept"]),
            record=None if cohort["record"] is None else _record_from_json(value["index"], cohort["record"]),
        )
        for cohort in value["memory"]
    )
    return Entry(index=int(value["index"]), confidence=_by_id(value["confidence"]), memory=tuple(cohorts))


def _record(one: Entry, cohort: int) -> Record:
    record = one.memory[cohort].record
    if record is None:
        raise ValueError(f"frame {one.index} is said to be remembered, and its own entry says nothing of it")
    return record


def _record_to_json(record: Record) -> dict[str, Any]:
    return {"pinned": record.pinned, "confidence": record.confidence, "areas": record.areas}


def _record_from_json(index: int, value: Mapping[str, Any]) -> Record:
    return Record(
        index=index,
        pinned=bool(value["pinned"]),
        confidence=_by_id(value["confidence"]),
        areas=_by_id(value["areas"]),
    )


def _by_id(value: Mapping[str, float]) -> dict[int, float]:
    return {int(identity): float(number) for identity, number in value.items()}
