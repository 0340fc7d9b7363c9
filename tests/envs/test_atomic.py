"""Files are written whole or not at all."""

import os

import pytest

from gyges.envs import atomic
from gyges.envs.errors import FileError


def test_the_new_content_replaces_the_old_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "new" / "a.json"
    assert atomic.write_text(path, "old") == path
    atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(path.parent) == ["a.json"]


def test_a_writer_sees_the_suffix_and_may_fail(tmp_path):
    path = tmp_path / "a.svg"
    atomic.write_text(path, "old")

    def broken(target):
        assert target.suffix == ".svg"
        assert target.parent == tmp_path
        target.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic.write(path, broken)

    def full(target):
        target.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match=r"a\.svg: cannot be written: No space left"):
        atomic.write(path, full)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.svg"]


def test_places_that_take_no_file(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "a", tmp_path / "folder"):
        with pytest.raises(FileError, match="cannot be written"):
            atomic.write_text(path, "x")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
