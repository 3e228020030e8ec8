"""Tries to make posts act: each vector in pages, the pages made posts, the posts opened in Chromium
as they are and as Hexo renders them. `make xss` runs it over all vectors.

The steps: corpora.py collects the vectors, posts.py makes posts of them, render.js has Hexo render
them with its default renderer and theme, judge.js opens both in Chromium and tells what acted.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from servers import install
from xss.corpora import Vector, collect
from xss.posts import BODIES, Sample, posts_of

HERE = Path(__file__).parent
# Hexo's defaults but for the addresses: each post's is its file's name.
CONFIG = "permalink: :title.html\nindex_generator:\n  per_page: 10\n"
PLAIN = b"---\ntitle: plain\ndate: 2022-08-08 10:55:13\n---\n\ntext\n"
BATCH = 2_000  # posts in one site: what every page says of all posts grows with their number
SHARE = 20  # one in so many of the pages that cannot act is opened all the same


class Verdict(NamedTuple):
    """What was seen when a page was opened: `way` is raw or hexo; `names` are of the posts in it,
    several on an index page; `faults` are empty when nothing acted. A page that can hold nothing
    that acts is not opened.
    """

    way: str
    names: tuple[str, ...]
    opened: bool
    faults: tuple[str, ...]


def missing() -> str:
    """What to install for the rig to work; empty when all is there."""
    commands = {"node": "nodejs", "npm": "npm", "chromium": "chromium"}
    packages = [package for command, package in commands.items() if not shutil.which(command)]
    return f"apt-get install {' '.join(packages)}" if packages else ""


def prepare(folder: Path, shared: Path) -> Path:
    """Makes a new folder a Hexo site, with the packages of package-lock.json, which are installed
    in the shared folder if they are not there."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py"))
    (folder / "node_modules").symlink_to(install(HERE, shared), target_is_directory=True)
    (folder / "_config.yml").write_text(CONFIG)
    (folder / "archives").mkdir()
    return folder


def vectors_for(site: Path) -> list[Vector]:
    """All vectors, of the site's packages and of the archives that it keeps."""
    return collect(site / "node_modules", site / "archives")


def judge(site: Path, posts: Mapping[str, bytes], share: int = SHARE) -> list[Verdict]:
    """What acts in posts, given by name."""
    folder, pages = site / "source" / "_posts", site / "pages"
    for leftover in (folder, pages):
        shutil.rmtree(leftover, ignore_errors=True)
    (site / "db.json").unlink(missing_ok=True)  # what Hexo remembers of an earlier batch
    folder.mkdir(parents=True)
    for name, post in (posts | {"plain": PLAIN}).items():
        (folder / f"{name}.md").write_bytes(post)
    rendered = json.loads(_node(site, "render.js", ".", "pages"))
    made = sorted(path.stem for path in pages.glob("*.html"))
    assert {*posts, "plain"} <= {*made, *rendered["failures"]}, "Hexo passed over a post"
    lines = [f"raw {name}" for name in posts]
    lines += [f"hexo {name}" for name in made if name != "plain"]
    arguments = (shutil.which("chromium") or "", str(folder), "pages", str(share))
    output = _node(site, "judge.js", *arguments, lines="\n".join(lines))
    verdicts = [
        Verdict("hexo", (name,), opened=False, faults=(f"stops Hexo: {error}",))
        for name, error in rendered["failures"].items()
    ]
    for line in output.splitlines():
        page, opened, faults = json.loads(line)
        way, _, name = page.partition(" ")
        names = rendered["indexed"].get(name, [name]) if way == "hexo" else [name]
        verdicts.append(Verdict(way, tuple(names), opened, tuple(faults)))
    assert len(verdicts) == len(lines) + len(rendered["failures"]), "a page was not looked at"
    return verdicts


def _node(site: Path, script: str, *arguments: str, lines: str = "") -> str:
    command = ["node", script, *arguments]
    run = subprocess.run(
        command, cwd=site, input=lines, stdout=subprocess.PIPE, text=True, check=True
    )
    return run.stdout


class Trial:
    """Judges the posts of vectors, counts, and tells of each survivor and each batch at once.
    `bodies` says of a vector's number which posts it has, of BODIES."""

    def __init__(
        self,
        site: Path,
        tell: Callable[[str], object] = lambda _: None,
        bodies: Callable[[int], Collection[str]] = lambda _: BODIES,
    ) -> None:
        self.site = site
        self.tell = tell
        self.bodies = bodies
        self.vectors = self.posts = self.opened = 0
        self.survivors: list[str] = []

    def run(self, vectors: Iterable[Vector]) -> None:
        """Judges the posts of all vectors, a batch at a time."""
        samples = (
            sample for number, vector in enumerate(vectors) for sample in self._made(number, vector)
        )
        while batch := dict(islice(samples, BATCH)):
            self._judge(batch)
            self.tell(self.summary())

    def _made(self, number: int, vector: Vector) -> Iterator[tuple[Sample, bytes]]:
        self.vectors += 1
        return iter(posts_of(vector, number, self.bodies(number)).items())

    def _judge(self, posts: dict[Sample, bytes]) -> None:
        samples = {sample.name: sample for sample in posts}
        self.posts += len(posts)
        verdicts = judge(self.site, {sample.name: post for sample, post in posts.items()})
        self.opened += sum(verdict.opened for verdict in verdicts)
        for way, names, _, faults in verdicts:
            if faults:
                told = [samples[name] for name in names if name in samples]
                self.survivors.append(survivor(way, told, faults))
                self.tell(self.survivors[-1])

    def summary(self) -> str:
        """The counts in one line."""
        return (
            f"vectors {self.vectors}, posts {self.posts}, opened {self.opened},"
            f" survivors {len(self.survivors)}"
        )


def survivor(way: str, samples: list[Sample], faults: tuple[str, ...]) -> str:
    """A page that acts, as a person reads it."""
    if len(samples) != 1:
        shown = f"index page of {', '.join(sample.name for sample in samples)}"
    else:
        ((name, vector, place, body),) = samples
        shown = f"{name} ({vector.corpus}, {place}, {body}): {vector.text!r}"
    return "\n    ".join((f"{way} {shown}", *sorted(set(faults))))


def main() -> int:
    """Judges all vectors; the exit code is 1 when anything acted or something is not installed."""
    if absent := missing():
        sys.exit(f"the rig needs node, npm and Chromium: {absent}")
    start = time.monotonic()
    with TemporaryDirectory() as folder:
        trial = Trial(prepare(Path(folder) / "site", Path(folder)), _say)
        trial.run(vectors_for(trial.site))
    _say(f"{trial.summary()}, {time.monotonic() - start:.0f} s")
    return int(bool(trial.survivors))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
