import json

import pytest

from benchmarks import bench_exports


def test_a_small_run_tells_every_kinds_cost(capsys: pytest.CaptureFixture[str]) -> None:
    bench_exports.main(["--size", "48,64", "--frames", "2", "--rounds", "1", "--kinds", "overlay,soft8,qtrle,rle"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(result["kinds"]) == {"masks", "overlay", "soft8", "qtrle", "rle"}
    for cost in result["kinds"].values():
        assert cost["milliseconds_a_frame"] > 0
        assert cost["bytes_a_frame"] > 0


def test_a_frame_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_exports, "pictures", lambda path: 0)
    with pytest.raises(bench_exports.WrongOutput, match="masks: 0 pictures for 2 frames"):
        bench_exports.main(["--size", "48,64", "--frames", "2", "--rounds", "1", "--kinds", "soft8"])
