import json
from pathlib import Path

import pytest
from rich.console import Console

from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_results
from vos.cli.dataset_options import data_root, sequence_names
from vos.cli.main import main
from vos.cli.score_table import score_table
from vos.errors import InputError
from vos.evaluation import evaluate_results, open_dataset

TINY = ["--model", "readout", "--size", "48x64", "--device", "cpu", "--workers", "0"]


def test_tracks_scores_and_prints_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_davis(tmp_path / "davis2016", 2016, {"walk": moving_square(4), "rest": [square(4, 4)] * 4})
    monkeypatch.setenv("VOS_DATA", str(tmp_path))
    status = run(["evaluate", "davis2016", "--out", str(tmp_path / "out"), "--sequences", "walk", *TINY])
    printed = capsys.readouterr().out
    assert status == 0
    assert "davis2016 val, 1 sequences only" in printed
    assert all(name in printed for name in ("walk", "all empty", "first mask copied", "untrained readout", "frames/s"))
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["complete"], list(report["sequences"])) == (False, ["walk"])
    assert len(list((tmp_path / "out/masks/walk").glob("*.png"))) == 4


def test_scores_given_results_quietly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    masks = {"walk": moving_square(4)}
    data = write_davis(tmp_path / "data", 2017, masks)
    results = write_results(tmp_path / "results", masks)
    out = ["--out", str(tmp_path / "out"), "--results", str(results), "--no-baselines", "--quiet"]
    assert run(["evaluate", "davis2017", "--data", str(data), *out]) == 0
    assert capsys.readouterr().out == ""
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["JF"], report["baselines"]) == (1.0, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["davis2018", "--data", "DATA"], "no preset 'davis2018'"),
        (["davis2017", "--data", "DATA/nowhere"], "nowhere: no such folder"),
        (["davis2017", "--data", "DATA", "--sequences", "run"], "sequences run: "),
        (["davis2017", "--data", "DATA", "--split", "test"], "split 'test': davis2017 has val, test-dev"),
        (["davis2017", "--data", "DATA", "--allow-missing"], "--allow-missing is for --results"),
        (["davis2017", "--data", "DATA", "--model", "large"], "model 'large'"),
        (["davis2017", "--data", "DATA", "--results", "DATA", "--memory", "3"], "leave the tracker's options out"),
        (["davis2017", "--data", "DATA", "--results", "DATA/results"], "results: no such folder"),
        (["davis2017", "--data", "DATA", "--results", "DATA"], "holds no folder of any sequence of davis2017"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    data = write_davis(tmp_path / "data", 2017, {"walk": moving_square(4)})
    given = [argument.replace("DATA", str(data)) for argument in arguments]
    assert run(["evaluate", *given, "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_failure_after_the_first_frame_exits_with_1(tmp_path: Path) -> None:
    data = write_davis(tmp_path / "data", 2017, {"walk": moving_square(4)})
    damaged = data / "JPEGImages/480p/walk/00003.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-300])
    assert run(["evaluate", "davis2017", "--data", str(data), "--out", str(tmp_path / "out"), *TINY]) == 1
    assert (tmp_path / "out/masks/walk/00000.png").is_file()


def test_data_is_asked_for_where_it_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOS_DATA", raising=False)
    with pytest.raises(InputError, match="--data is missing"):
        data_root("davis2017", None)


def test_names_are_split_at_commas() -> None:
    assert sequence_names("dog, libby,") == ["dog", "libby"]
    assert sequence_names(None) is None


def test_the_table_is_in_percent_and_sets_multi_object_sequences_apart(tmp_path: Path) -> None:
    two = [square(2, 2) + square(14, 2, object_id=2)] * 4
    masks = {"walk": moving_square(4), "pair": two}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    results = write_results(tmp_path / "results", {"walk": [moving_square(4)[0]] * 4, "pair": two})
    found = evaluate_results(dataset, results, tmp_path / "out", baselines=True, overwrite=False)
    console = Console(width=100, record=True, file=(tmp_path / "console").open("w"))
    console.print(score_table(found))
    rows = [line.split() for line in console.export_text().splitlines()]
    labels = [" ".join(word for word in row if not word.replace(".", "").isdigit()) for row in rows if len(row) > 7]
    compared = ["all empty", "first mask copied"]
    assert labels[1:] == ["walk", "pair", "all", *compared, "multi-object", *compared]
    assert ["pair", *["100.0"] * 3, "0.0", *["100.0"] * 2, "0.0"] in rows


def run(arguments: list[str]) -> int:
    """The exit status of `vos` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)
