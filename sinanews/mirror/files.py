"""Writes a site as files, each with its gzip beside it, for a web server such as nginx."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from sinanews.mirror import roll
from sinanews.mirror.replies import Replies, zipped
from sinanews.mirror.site import Site


def write(site: Site, folder: Path) -> int:
    """Writes every page as HOST/PATH and every roll answer, and returns how many files that were.

    A roll answer stands at `HOST/api/roll/get/PAGEID-LID-PAGE.json`, pages of fifty, up to and
    with the first empty one. The clock stands still. Raises OSError when a file cannot be written.
    """
    replies = Replies(site)
    pages = ((story.address, replies.page(story).body) for story in site.stories)
    written = [_write(folder / path, body) for path, body in (*pages, *_answers(site))]
    return sum(written)


def _answers(site: Site) -> Iterator[tuple[str, bytes]]:
    tick, site.tick = site.tick, 0
    for pageid, lid in sorted(roll.REGISTERED):
        yield from _list(site, pageid, lid)
    site.tick = tick


def _list(site: Site, pageid: int, lid: int) -> Iterator[tuple[str, bytes]]:
    held = len(site.listed(lid))
    for page in count(1):
        asked = {"pageid": pageid, "lid": lid, "num": roll.MOST_ROWS, "page": page}
        answer = roll.answer(site, {name: str(value) for name, value in asked.items()})
        yield f"{roll.PATH}/{pageid}-{lid}-{page}.json", answer.encode()
        if (page - 1) * roll.MOST_ROWS >= held:
            return


def _write(path: Path, body: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    path.with_name(f"{path.name}.gz").write_bytes(zipped(body))
    return 2
