"""Files are written whole wherever they lie."""

from pathlib import Path

import pytest

from sinanews.utils.atomic import Drafts, write_whole


@pytest.mark.parametrize("name", ["a.txt", "./a.txt", "new/and deeper/a.txt", "\udcff.txt"])
def test_a_file_is_written_by_its_name_alone(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_whole({Path(name): b"x"})
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"x"]
    assert Path(name).read_bytes() == b"x"


def test_only_what_is_published_gets_its_name(tmp_path):
    files = {owner: {f"{tmp_path}/{owner}/{owner}.txt": owner.encode()} for owner in ("a", "b")}
    with Drafts(files) as drafts:
        assert drafts.publish({"b"}) == {"b"}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["b.txt"]


def test_what_stands_in_the_way_of_one_file_keeps_no_other_from_its_name(tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    files = {"a": {f"{tmp_path}/taken/a.txt": b"a"}, "b": {f"{tmp_path}/b.txt": b"b"}}
    with Drafts(files) as drafts:
        assert drafts.blocked.keys() == {"a"}
        assert drafts.publish({"b"}) == {"b"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.txt", "taken"]
