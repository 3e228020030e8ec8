"""Writes a site as files, each with its gzip beside it, for a web server such as nginx."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from sinanews.mirror import roll
from sinanews.mirror.replies import Replies, zip_body
from sinanews.mirror.site import Site


def write(site: Site, folder: Path) -> int:
    """Writes every page as HOST/PATH and every answer of the roll API; returns the number of files.

    An answer is `HOST/api/roll/get/PAGEID-LID-PAGE.json`, for pages of fifty rows, up to the first
    empty page of a list. The clock stands still. Raises OSError when a file cannot be written.
    """
    replies = Replies(site)
    pages = ((story.address, replies.page(story).body) for story in site.stories)
    files = 0
    for name, body in (*pages, *_answers(site)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        path.with_name(f"{path.name}.gz").write_bytes(zip_body(body))
        files += 2
    return files


def _answers(site: Site) -> Iterator[tuple[str, bytes]]:
    tick, site.tick = site.tick, 0
    for pageid, lid in sorted(roll.REGISTERED):
        total = len(site.listed(lid))
        for page in count(1):
            query = {"pageid": pageid, "lid": lid, "num": roll.MAX_ROWS, "page": page}
            answer = roll.answer(site, {name: str(value) for name, value in query.items()})
            yield f"{roll.PATH}/{pageid}-{lid}-{page}.json", answer.encode()
            if (page - 1) * roll.MAX_ROWS >= total:
                break
    site.tick = tick
