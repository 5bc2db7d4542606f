import json
from pathlib import Path

import pytest

from tests.vos.made_files import numbered, write_images
from vos.errors import InputError, WorkError
from vos.io import open_clip
from vos.pipeline import RunStats
from vos.run_record import (
    RunRecord,
    delete_files,
    describe_clip,
    describe_timing,
    peak_memory_mib,
    stale_files,
    versions,
    write_record,
)

OUTPUTS = ["run.json", "masks/a.png", "masks/b.png"]


def record(**changes: object) -> RunRecord:
    values: dict[str, object] = {
        "status": "running",
        "clip": {"path": "clip.mp4"},
        "frames": (0, 2),
        "masks": [{"frame": 0, "path": "mask.png", "sha256": "00"}],
        "objects": {"1": "1"},
        "exports": {},
        "direction": "forward",
        "settings": {"memory": 6},
        "model": {"name": "compact", "weights_sha256": "11", "device": "cpu"},
        "versions": versions(),
        "outputs": OUTPUTS,
    }
    return RunRecord(**(values | changes))  # type: ignore[arg-type]


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def old_run(folder: Path, outputs: list[str] | None = None) -> Path:
    touch(folder, "masks/a.png", "masks/b.png")
    write_record(folder, record(outputs=OUTPUTS if outputs is None else outputs))
    return folder


def stale(out: Path, *, overwrite: bool, inputs: tuple[Path, ...] = ()) -> list[str]:
    return [str(file.relative_to(out)) for file in stale_files(out, OUTPUTS, overwrite=overwrite, inputs=inputs)]


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class TestRecord:
    def test_it_says_how_a_run_went(self, tmp_path: Path):
        touch(tmp_path, "masks/a.png")
        stats = RunStats(frames=10, seconds_total=4.0, seconds_tracking=2.0)
        write_record(tmp_path, record().ended(tmp_path, "done", timing=describe_timing(stats)))
        content = json.loads((tmp_path / "run.json").read_text())
        assert content["status"] == "done"
        assert content["outputs"] == ["run.json", "masks/a.png"]
        assert content["timing"] == {
            "frames": 10,
            "seconds_total": 4.0,
            "seconds_tracking": 2.0,
            "frames_per_second": 2.5,
            "tracking_frames_per_second": 5.0,
        }
        assert content["peak_memory_mib"] > 10
        assert content["frames"] == [0, 2]
        assert content["error"] is None

    def test_a_failure_is_told(self, tmp_path: Path):
        ended = record().ended(tmp_path, "failed", error="disk full")
        assert (ended.status, ended.error, ended.timing, list(ended.outputs)) == (
            "failed",
            "disk full",
            None,
            ["run.json"],
        )

    def test_clips_are_described_in_plain_values(self, tmp_path: Path):
        facts = describe_clip(open_clip(write_images(tmp_path, ["a.png"], numbered(1))))
        assert json.loads(json.dumps(facts)) == facts
        assert (facts["width"], facts["height"], facts["frame_count"], facts["rate"]) == (64, 48, 1, None)

    def test_versions_are_named(self):
        assert set(versions()) == {"python", "vos", "torch", "numpy", "av", "opencv"}
        assert versions()["numpy"].startswith("2.")

    def test_peak_memory_only_grows(self):
        before = peak_memory_mib()
        block = bytearray(64 * 2**20)
        block[::4096] = bytes(len(block[::4096]))
        assert peak_memory_mib() >= before


class TestOutputFolder:
    def test_a_new_or_empty_one_is_free(self, tmp_path: Path):
        assert stale(tmp_path / "new", overwrite=False) == stale(tmp_path, overwrite=False) == []

    def test_other_files_are_no_hindrance(self, tmp_path: Path):
        assert stale(touch(tmp_path, "notes.txt"), overwrite=False) == []

    def test_another_run_is_refused(self, tmp_path: Path):
        with pytest.raises(InputError, match=f"{tmp_path}: holds another run; give another --out, or --overwrite"):
            stale(old_run(tmp_path), overwrite=False)

    def test_a_file_is_refused(self, tmp_path: Path):
        with pytest.raises(InputError, match="file: is a file; --out must be a folder"):
            stale_files(touch(tmp_path, "file") / "file", OUTPUTS, overwrite=True, inputs=[])

    @pytest.mark.parametrize("overwrite", [True, False])
    def test_masks_of_unknown_origin_are_refused(self, tmp_path: Path, overwrite: bool):
        with pytest.raises(InputError, match="holds masks of unknown origin"):
            stale(touch(tmp_path, "masks/z.png"), overwrite=overwrite)

    def test_a_file_in_the_way_is_refused(self, tmp_path: Path):
        touch(tmp_path, "overlay.mp4")
        with pytest.raises(InputError, match=r"overlay\.mp4: is in the way"):
            stale_files(tmp_path, ["overlay.mp4"], overwrite=True, inputs=[])

    def test_a_mask_that_the_old_run_did_not_write_is_refused(self, tmp_path: Path):
        with pytest.raises(InputError, match=r"masks/b\.png: is in the way"):
            stale(old_run(tmp_path, ["run.json", "masks/a.png"]), overwrite=True)


class TestOverwriting:
    def test_only_listed_files_go(self, tmp_path: Path):
        old_run(tmp_path)
        touch(tmp_path, "notes.txt", "masks/mine.txt")
        files = stale_files(tmp_path, OUTPUTS, overwrite=True, inputs=[])
        assert left(tmp_path) == ["masks/a.png", "masks/b.png", "masks/mine.txt", "notes.txt", "run.json"]
        delete_files(tmp_path, files)
        assert left(tmp_path) == ["masks/mine.txt", "notes.txt"]

    def test_empty_folders_go_too_but_not_the_folder_itself(self, tmp_path: Path):
        out = old_run(tmp_path / "out")
        delete_files(out, stale_files(out, OUTPUTS, overwrite=True, inputs=[]))
        assert list(tmp_path.iterdir()) == [out]
        assert list(out.iterdir()) == []

    def test_listed_files_that_are_gone_do_not_matter(self, tmp_path: Path):
        old_run(tmp_path)
        (tmp_path / "masks/a.png").unlink()
        delete_files(tmp_path, stale_files(tmp_path, OUTPUTS, overwrite=True, inputs=[]))
        assert left(tmp_path) == []

    @pytest.mark.parametrize("name", ["../victim", "masks/../../victim", "{absolute}", "..", ".", "masks", ""])
    def test_a_record_cannot_name_what_lies_elsewhere(self, tmp_path: Path, name: str):
        touch(tmp_path, "victim")
        out = old_run(tmp_path / "out", ["run.json", name.format(absolute=tmp_path / "victim")])
        with pytest.raises(InputError, match=r"run\.json: lists .* which is no file inside"):
            stale_files(out, [], overwrite=True, inputs=[])
        assert left(tmp_path) == ["out/masks/a.png", "out/masks/b.png", "out/run.json", "victim"]

    def test_a_linked_folder_is_not_followed(self, tmp_path: Path):
        touch(tmp_path, "elsewhere/a.png")
        out = tmp_path / "out"
        write_record(out, record())
        (out / "masks").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(InputError, match="no file inside"):
            stale_files(out, [], overwrite=True, inputs=[])

    def test_a_link_goes_but_not_what_it_leads_to(self, tmp_path: Path):
        touch(tmp_path, "victim")
        out = tmp_path / "out"
        write_record(out, record(outputs=["link"]))
        (out / "link").symlink_to(tmp_path / "victim")
        delete_files(out, stale_files(out, [], overwrite=True, inputs=[]))
        assert (tmp_path / "victim").exists()
        assert not (out / "link").is_symlink()

    @pytest.mark.parametrize("content", ["", "no json", "[]", "{}", '{"outputs": 3}', '{"outputs": [3]}'])
    def test_what_is_no_record_deletes_nothing(self, tmp_path: Path, content: str):
        old_run(tmp_path)
        (tmp_path / "run.json").write_text(content)
        with pytest.raises(InputError, match=r"run\.json: is no record of a run .* nothing was deleted"):
            stale(tmp_path, overwrite=True)

    @pytest.mark.parametrize("name", ["masks/a.png", "masks"])
    def test_inputs_of_the_new_run_are_not_deleted(self, tmp_path: Path, name: str):
        old_run(tmp_path)
        with pytest.raises(InputError, match="is part of the run in .* that --overwrite would delete"):
            stale(tmp_path, overwrite=True, inputs=(tmp_path / name,))

    def test_a_file_that_may_not_be_deleted_is_named(self, tmp_path: Path):
        touch(tmp_path, "folder/file")
        with pytest.raises(WorkError, match=r"cannot delete .*folder"):
            delete_files(tmp_path, [tmp_path / "folder"])
