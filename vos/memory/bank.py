"""The prompts that a group of objects is segmented from: what is kept, and made ready once a change."""

from collections.abc import Callable
from dataclasses import dataclass

from seggpt_core.prompt import InContextModel, PromptFeatures, PromptSet
from vos.memory.policies import Policy, Record

Encode = Callable[[], tuple[PromptFeatures, ...]]
"""Makes the prompts of a frame: one, or one for each of several views of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    record: Record
    prompts: tuple[PromptFeatures, ...]

    @property
    def nbytes(self) -> int:
        return sum(prompt.nbytes for prompt in self.prompts)


class Bank:
    """Prompts of one group of objects, bounded in frames and bytes.

    The user's masks are pinned for ever and count towards neither bound. Predicted frames come and go by the
    policy; where those it keeps hold more than `max_bytes`, the oldest go first.
    """

    def __init__(self, model: InContextModel, policy: Policy, max_bytes: int) -> None:
        self._model = model
        self._policy = policy
        self._max_bytes = max_bytes
        self._pinned: dict[int, _Entry] = {}
        self._predicted: dict[int, _Entry] = {}
        self._prepared: PromptSet | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """Pinned frames, then predicted ones, each in the order they came."""
        return tuple(entry.record for entry in (*self._pinned.values(), *self._predicted.values()))

    @property
    def nbytes(self) -> int:
        """Bytes of the predicted frames' features."""
        return sum(entry.nbytes for entry in self._predicted.values())

    def offer(self, record: Record, encode: Encode) -> None:
        """Add a frame if it is pinned or the policy wants it; `encode` is called only then.

        A frame with the index of a remembered one takes its place; a prediction never replaces a pinned mask.
        """
        if record.pinned:
            self._predicted.pop(record.index, None)
            self._pinned[record.index] = _Entry(record=record, prompts=encode())
            self._prepared = None
        elif record.index not in self._pinned:
            self._offer_predicted(record, encode)

    def recall(self, record: Record, prompts: tuple[PromptFeatures, ...]) -> None:
        """Hold a frame again that a bank like this one held, in the order in which it held them."""
        entries = self._pinned if record.pinned else self._predicted
        entries[record.index] = _Entry(record=record, prompts=prompts)
        self._prepared = None

    def _offer_predicted(self, record: Record, encode: Encode) -> None:
        remembered = {index: entry for index, entry in self._predicted.items() if index != record.index}
        keep = self._policy.choose([*(entry.record for entry in remembered.values()), record])
        chosen = {index: entry for index, entry in remembered.items() if index in keep}
        if record.index in keep:
            chosen[record.index] = _Entry(record=record, prompts=encode())
        if record.index in keep or len(chosen) != len(self._predicted):
            self._prepared = None
        self._predicted = chosen
        while self._predicted and self.nbytes > self._max_bytes:
            del self._predicted[next(iter(self._predicted))]

    def prompts(self) -> PromptSet:
        """All remembered frames made ready; there must be one. Prepared again only after a change."""
        if self._prepared is None:
            entries = (*self._pinned.values(), *self._predicted.values())
            self._prepared = self._model.prepare([prompt for entry in entries for prompt in entry.prompts])
        return self._prepared
