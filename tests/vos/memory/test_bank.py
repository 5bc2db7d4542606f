import torch

from seggpt_core.prompt import PromptFeatures
from tests.vos.fake_model import ShadeModel
from vos.crop import whole
from vos.memory.bank import Bank
from vos.memory.policies import Policy, Record

UNBOUNDED = 2**40


def record(index: int, *, pinned: bool = False, area: float = 0.1) -> Record:
    return Record(
        index=index, pinned=pinned, confidence={1: 0.9 if area else 0.0}, areas={1: area}, crop=whole((32, 32))
    )


def prompt(model: ShadeModel) -> tuple[PromptFeatures]:
    return (model.encode_prompts(model.encode_frame(torch.rand(3, 32, 32)), torch.rand(1, 3, 16, 16)),)


def bank_of(model: ShadeModel, frames: int, *, max_bytes: int = UNBOUNDED) -> Bank:
    bank = Bank(model, Policy(name="recent", frames=frames), max_bytes)
    bank.offer(record(0, pinned=True), lambda: prompt(model))
    return bank


def indices(bank: Bank) -> list[int]:
    return [one.index for one in bank.records]


def test_pinned_frames_stay_and_do_not_count():
    model = ShadeModel()
    bank = bank_of(model, frames=2)
    for index in range(1, 20):
        bank.offer(record(index, pinned=index == 5), lambda: prompt(model))
    assert indices(bank) == [0, 5, 18, 19]
    assert bank.prompts().prompts == 4


def test_only_frames_that_are_kept_are_encoded():
    model = ShadeModel()
    bank = bank_of(model, frames=2)
    bank.offer(record(1, area=0.0), lambda: prompt(model))
    assert indices(bank) == [0]
    assert model.calls["encode_prompts"] == 1


def test_prompts_are_prepared_once_a_change():
    model = ShadeModel()
    bank = bank_of(model, frames=1)
    bank.prompts()
    bank.prompts()
    bank.offer(record(1, area=0.0), lambda: prompt(model))
    bank.prompts()
    assert model.calls["prepare"] == 1
    bank.offer(record(2), lambda: prompt(model))
    assert bank.prompts().prompts == 2
    bank.offer(record(3), lambda: prompt(model))
    assert bank.prompts().prompts == 2
    assert model.calls["prepare"] == 3


def test_the_oldest_predictions_go_where_bytes_are_short():
    model = ShadeModel()
    each = prompt(model)[0].nbytes
    bank = bank_of(model, frames=6, max_bytes=3 * each)
    for index in range(1, 10):
        bank.offer(record(index), lambda: prompt(model))
    assert indices(bank) == [0, 7, 8, 9]
    assert bank.nbytes == 3 * each


def test_pinned_frames_stay_where_there_are_no_bytes_at_all():
    model = ShadeModel()
    bank = bank_of(model, frames=6, max_bytes=0)
    bank.offer(record(1), lambda: prompt(model))
    assert indices(bank) == [0]
    assert bank.prompts().prompts == 1


def test_a_correction_takes_the_place_of_the_prediction_and_keeps_it():
    model = ShadeModel()
    bank = bank_of(model, frames=3)
    for index, pinned in [(1, False), (2, False), (1, True), (1, False)]:
        bank.offer(record(index, pinned=pinned), lambda: prompt(model))
    assert [(one.index, one.pinned) for one in bank.records] == [(0, True), (1, True), (2, False)]
