"""What a pass through a clip has finished: one line a frame, written once all of the frame's files are."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from vos.crop import Crop
from vos.focus import Focus
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
    focus: Focus | None
    """What was to be shown of the next frame."""


def entry(index: int, confidence: Mapping[int, float], memory: Memory) -> Entry:
    """What to write down after frame `index`."""
    cohorts = (
        CohortEntry(
            passes=cohort.passes,
            kept=tuple(record.index for record in cohort.records),
            record=next((record for record in cohort.records if record.index == index), None),
        )
        for cohort in memory.cohorts
    )
    return Entry(index=index, confidence=confidence, memory=tuple(cohorts), focus=memory.focus)


def memory_after(entries: Mapping[int, Entry], index: int) -> Memory:
    """The memory after frame `index`, from its entry and those of the frames that it remembers."""
    cohorts = (
        CohortMemory(passes=cohort.passes, records=tuple(_record(entries[kept], number) for kept in cohort.kept))
        for number, cohort in enumerate(entries[index].memory)
    )
    return Memory(cohorts=tuple(cohorts), focus=entries[index].focus)


def to_json(one: Entry) -> dict[str, Any]:
    """Plain values; numbers come back exactly."""
    cohorts = [
        {"passes": cohort.passes, "kept": cohort.kept, "record": cohort.record and _record_to_json(cohort.record)}
        for cohort in one.memory
    ]
    focus = one.focus and _focus_to_json(one.focus)
    return {"index": one.index, "confidence": one.confidence, "memory": cohorts, "focus": focus}


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
    return Entry(
        index=int(value["index"]),
        confidence=_by_id(value["confidence"]),
        memory=tuple(cohorts),
        focus=None if value["focus"] is None else _focus_from_json(value["focus"]),
    )


def _record(one: Entry, cohort: int) -> Record:
    record = one.memory[cohort].record
    if record is None:
        raise ValueError(f"frame {one.index} is said to be remembered, and its own entry says nothing of it")
    return record


def _record_to_json(record: Record) -> dict[str, Any]:
    return {
        "pinned": record.pinned,
        "confidence": record.confidence,
        "areas": record.areas,
        "crop": astuple(record.crop),
    }


def _record_from_json(index: int, value: Mapping[str, Any]) -> Record:
    return Record(
        index=index,
        pinned=bool(value["pinned"]),
        confidence=_by_id(value["confidence"]),
        areas=_by_id(value["areas"]),
        crop=_crop(value["crop"]),
    )


def _focus_to_json(focus: Focus) -> dict[str, Any]:
    seen = {identity: astuple(crop) for identity, crop in focus.seen.items()}
    return {"size": focus.size, "seen": seen, "crop": astuple(focus.crop)}


def _focus_from_json(value: Mapping[str, Any]) -> Focus:
    height, width = map(int, value["size"])
    seen = {int(identity): _crop(crop) for identity, crop in value["seen"].items()}
    return Focus(size=(height, width), seen=seen, crop=_crop(value["crop"]))


def _crop(value: Sequence[int]) -> Crop:
    top, left, height, width = map(int, value)
    return Crop(top=top, left=left, height=height, width=width)


def _by_id(value: Mapping[str, float]) -> dict[int, float]:
    return {int(identity): float(number) for identity, number in value.items()}
