"""What is kept of a story that failed: its page, to be looked at, and why. Nothing in it runs, and
nobody's name or address is in it."""

from dataclasses import asdict

from sinanews.archive.packing import ENDING
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
    """The paths of all files that a story's failures may have left, packed or not."""
    paths = [path.format(docid=docid) for path in (PAGE, REASON, _EARLIER_PAGE)]
    return (*paths, *(path + ENDING for path in paths))
