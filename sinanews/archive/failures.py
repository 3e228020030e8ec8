"""What is kept of a story that failed: its page, to be looked at, and why. Nothing in it runs, and
nobody's name or address is in it."""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from sinanews.archive.packing import DAMAGE, ENDING, open_either, plain_name
from sinanews.extraction.persons import without_persons
from sinanews.items import Rejection, State
from sinanews.utils.text import json_text, without_mail

# A browser shows a .txt as it is, whatever is in it.
PAGE = "failed/{docid}.html.txt"
REASON = "failed/{docid}.json"
_EARLIER_PAGE = "failed/{docid}.html"  # its name in older archives; what opened it ran it


def failure_files(item: Rejection) -> dict[str, bytes]:
    """The page of what failed and the reason, by path; what is gone leaves nothing."""
    if item.state is State.GONE:
        return {}
    fields = {
        name: without_mail(value) if isinstance(value, str) else value
        for name, value in asdict(item).items()
        if name != "page"
    }
    files = {REASON.format(docid=item.docid): json_text(fields).encode()}
    if item.page:
        files[PAGE.format(docid=item.docid)] = without_persons(item.page, item.content_type)
    return files


def failure_paths(docid: str) -> tuple[str, ...]:
    """The paths of all files that a story's failures may have left, packed or not: the reason is
    the last, for by it the pages are known to be ours."""
    paths = [path.format(docid=docid) for path in (PAGE, _EARLIER_PAGE, REASON)]
    return (*paths, *(path + ENDING for path in paths))


def failed_docid(name: str) -> str:
    """The docid in the name of a file in `failed/`, packed or not; "" for a name that is none.

    >>> failed_docid("nabc0000000001.html.txt.gz"), failed_docid("notes.txt")
    ('nabc0000000001', '')
    """
    plain = f"failed/{plain_name(name)}"
    for form in (PAGE, REASON, _EARLIER_PAGE):
        before, after = form.split("{docid}")
        if plain.endswith(after):
            return plain.removeprefix(before).removesuffix(after)
    return ""


def is_failure(folder: Path, docid: str) -> bool:
    """Whether the folder has a reason of ours for that docid, and so its pages, too, are ours."""
    name = f"{docid}.json"
    for path in (folder / name, folder / f"{name}{ENDING}"):
        with suppress(OSError, ValueError, RecursionError, *DAMAGE), open_either(path) as file:
            reason = json.load(file)
            return isinstance(reason, dict) and reason.get("docid") == docid
    return False
