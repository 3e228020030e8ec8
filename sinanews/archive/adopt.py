"""Makes an archive of posts that exist: those of the reference, of all its eras, or others of that
form. The posts stay as they are; what they say is entered in the ledger.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from selectolax.lexbor import LexborNode

from sinanews.archive.rebuild import rebuild
from sinanews.archive.recovery import recover
from sinanews.archive.styles import post_file, require_style
from sinanews.config import HEXO, Config
from sinanews.download.hosts import is_sinas
from sinanews.exceptions import BlockedPathError, BoundError, UnadoptableError
from sinanews.extraction import body as bodies
from sinanews.extraction import html5, processors
from sinanews.extraction.boilerplate import remove_boilerplate
from sinanews.extraction.bounds import check
from sinanews.extraction.bylines import byline
from sinanews.extraction.sanitize import is_inert
from sinanews.extraction.storable import make_storable
from sinanews.items import Article
from sinanews.ledger.adoption import AdoptedPost, Entered, Fate, made_docid
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.recovery import batches
from sinanews.ledger.revisions import raise_damage
from sinanews.ledger.selection import Selection
from sinanews.posts.identity import docid_in_hexo
from sinanews.posts.paths import ROOT, path_beside, post_path
from sinanews.posts.reading import Post, read_post
from sinanews.posts.render import STAND_IN, post_hash, render
from sinanews.utils import times, urls
from sinanews.utils.atomic import is_of_one_path, write_whole
from sinanews.utils.files import name_of, path_in
from sinanews.utils.text import plain_line

# Where an archive or a blog has its posts, below the folder that is named; the last one is that of
# the reference's oldest eras.
FOLDERS = ("_posts", "source/_posts", "post")
ENDING = ".md"
SIZE_LIMIT = 3_000_000  # bytes, as PAGE_TEXT for a page; the corpus' posts have 10 KB
GROUP = 32  # posts that are held in memory, and entered in one transaction
DAY = 86_400  # seconds by which a post may be ahead of this machine's clock, or of its own URL

_DOCID = re.compile(r"[\w-]{1,64}", re.ASCII)
# As a post of ours has it behind its title, where another article has the title's own name.
_DOCID_IN_NAME = re.compile(r" (?P<docid>[a-z]{4,8}[0-9]{7,10})(?: [0-9]{1,3})?", re.ASCII)
LINKED_FOLDER = "it is a link to a folder"
_OURS = (Fate.ADOPTED, Fate.HAD)
_EDITORS = "p.article-editor, p.show_author"

# Called with the name of a file or folder and why it is not adopted.
OnRefusal = Callable[[str, str], None]


@dataclass(slots=True)
class Adopted:
    """How many posts were adopted, how many the archive had already, and how many files and folders
    could not be adopted."""

    adopted: int = 0
    had: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _File:
    """A file that may be a post: its own path, and its post's below the output folder."""

    source: Path
    path: str
    is_there: bool

    @property
    def name(self) -> str:
        """As it is shown."""
        return name_of(str(self.source))


def adopt(ledger: Ledger, config: Config, folder: Path, on_refusal: OnRefusal) -> Adopted:
    """Adopts every post in a folder. What lies among the archive's own posts stays where it is,
    other posts are copied there; nothing in `folder` is changed. What cannot be adopted goes to
    `on_refusal`. An archive of POST_STYLE=hexo has what it adopts in that style.

    Ended at any moment and done again it goes on, and done twice it changes nothing. Raises
    ArgumentError when the archive's posts are of another style, OSError when nothing can be
    written.
    """
    require_style(config)
    if (config.output / "articles").is_dir():
        recover(ledger, config)  # or else its own posts would be taken for others'
    result = Adopted()

    def refuse(name: str, reason: str) -> None:
        result.refused += 1
        on_refusal(name, reason)

    shelf = _Shelf(config.output)
    for files in batches(_files(folder, config.output, refuse), GROUP):
        read: list[tuple[_File, AdoptedPost]] = []
        for file in files:
            try:
                read.append((file, _read(file, config, ledger.now())))
            except UnadoptableError as error:
                refuse(file.name, str(error))
        entered = ledger.adoption.enter([post for _, post in read], ledger.worker, shelf)
        for (file, _), entry in zip(read, entered, strict=True):
            if entry.fate is Fate.ADOPTED:
                result.adopted += 1
            elif entry.fate is Fate.HAD:
                result.had += 1
            elif entry.fate is Fate.ANOTHER:
                refuse(file.name, f"the archive has its article in {entry.detail}")
            else:
                refuse(file.name, f"it cannot be copied: {entry.detail}")
        _restyle(ledger, config, entered)
    return result


def _restyle(ledger: Ledger, config: Config, entered: Sequence[Entered]) -> None:
    """Writes posts of the archive in POST_STYLE=hexo, if that is its style, but those that are
    there in it."""
    docids = [
        entry.docid
        for entry in entered
        if entry.fate in _OURS
        and docid_in_hexo(post_file(config, entry.detail, entry.docid)) != entry.docid
    ]
    if docids and config.post_style == HEXO:
        rebuild(ledger, config, raise_damage, Selection(docids=tuple(docids)))


class _Shelf:
    """The folder of an archive, into which posts are copied."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def is_free(self, path: str, post: AdoptedPost) -> bool:
        """Whether nothing is there, or this post, copied before the ledger could say so."""
        place = path_in(self._root, path)
        if not os.path.lexists(place):
            return True
        try:
            return _content(place) == post.data
        except (OSError, UnadoptableError):
            return False

    def put(self, path: str, post: AdoptedPost) -> None:
        """Writes a post. Raises BlockedPathError, or OSError when nothing can be written."""
        place = path_in(self._root, path)
        try:
            write_whole({place: post.data})
        except OSError as error:
            if is_of_one_path(error):
                raise BlockedPathError(error) from error
            raise


def _files(folder: Path, output: Path, refuse: OnRefusal) -> Iterator[_File]:
    """The files in a folder that may be posts, in order: all but what else an archive has. Names
    that begin with a dot, as those of Git and ours for half a file, are no posts'."""
    archive, own = output.resolve(), (output / ROOT).resolve()
    roots = [root for name in FOLDERS if (root := folder / name).is_dir()]
    for root in roots or [folder]:
        if root in roots and root.is_symlink() and root.resolve() != own:
            refuse(name_of(str(root)), LINKED_FOLDER)
            continue
        for source in _below(root, refuse):
            name = name_of(str(source))
            # Where it really is, if there is a link among the folders above `folder`.
            real = source.parent.resolve() / source.name
            is_there = real.is_relative_to(own)
            if real.is_relative_to(archive) and not is_there:
                continue  # the archive's ledger, reports and the like
            if not source.name.endswith(ENDING):
                refuse(name, f"its name does not end in {ENDING}")
                continue
            inside = real.relative_to(own) if is_there else source.relative_to(root)
            path = f"{ROOT}/{name_of(inside.as_posix())}"
            if _is_plain(path):
                yield _File(source, path, is_there)
            else:
                refuse(name, "its name has control characters, or is no UTF-8")


def _below(root: Path, refuse: OnRefusal) -> Iterator[Path]:
    """All files below a folder, and what else is no folder. Links to folders are not followed."""

    def unreadable(error: OSError) -> None:
        refuse(name_of(str(error.filename)), f"it cannot be read: {error.strerror}")

    for folder, folders, names in os.walk(root, onerror=unreadable):
        inner = [Path(folder, name) for name in sorted(folders) if not name.startswith(".")]
        for link in filter(Path.is_symlink, inner):
            refuse(name_of(str(link)), LINKED_FOLDER)
        folders[:] = [path.name for path in inner if not path.is_symlink()]
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _is_plain(name: str) -> bool:
    """Whether a name can be stored and shown as it is."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return plain_line(name) == name


def _content(file: Path) -> bytes:
    """The bytes of a file. Raises UnadoptableError for a link, for what is no file, and for one
    that is too large or cannot be read."""
    try:
        # Whatever has come to be there since it was looked at: a link is not followed, and of a
        # pipe nobody waits for the other end.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as opened:  # noqa: PTH123 - of a descriptor
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnadoptableError("it is no file")
            data = opened.read(SIZE_LIMIT + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnadoptableError("it is a link") from error
        raise UnadoptableError(f"it cannot be read: {error.strerror}") from error
    if len(data) > SIZE_LIMIT:
        raise UnadoptableError(f"it has more than {SIZE_LIMIT} bytes")
    return data


def _read(file: _File, config: Config, now: int) -> AdoptedPost:
    """The post of a file, and what becomes of it. Raises UnadoptableError."""
    data = _content(file.source)
    if docid_in_hexo(file.source):
        raise UnadoptableError("it is a post of POST_STYLE=hexo, which lacks what the archive had")
    post = read_post(data)
    if post.date.timestamp() > now + DAY:
        raise UnadoptableError(f"its date is in the future: {times.rfc1123(post.date)}")
    article = _article(post, file.source.stem, config)
    is_made_of_it = render(article, article.body_html) == data and STAND_IN.encode() not in data
    return AdoptedPost(
        article=article,
        path=file.path,
        path_of=partial(path_beside, file.path, article.docid),
        data=data,
        post_hash=post_hash(data),
        is_kept=not is_made_of_it,
        is_there=file.is_there,
    )


def _article(post: Post, name: str, config: Config) -> Article:
    """What a post says, as an article; `name` is its file's. Raises UnadoptableError for a body
    that is larger than a page may be."""
    try:
        check(post.body.encode(), config.bounds)
        return _article_of(post, html5.parsed_body(post.body), name, config)
    except BoundError as error:
        raise UnadoptableError(f"its body has {error}") from error


def _article_of(post: Post, body: LexborNode, name: str, config: Config) -> Article:
    url = _own_url(post, body)
    image = body.css_first("img")
    source = image.attributes.get("src") if image else None
    editors = [node.text() for node in body.css(_EDITORS)]
    article = Article(
        docid=_docid(post, url, name) or made_docid(post.title, int(post.date.timestamp())),
        url=url,
        channels=post.channels,
        title=post.title,
        editor=next(filter(None, map(processors.editor, editors)), None),
        editor_code=next(filter(None, map(processors.editor_code, editors)), None),
        first_seen=times.at(int(post.date.timestamp())),
        headimg=source if source and urls.is_web_url(source) else None,
        tickers=bodies.stocks(post.body, body),
        body_html=post.body if is_inert(post.body) else html5.inner(body),
    )
    remove_boilerplate(body, (), config.bounds)  # in place, and body_html has it
    article.images = bodies.images(body, config.bounds)  # which takes their captions out
    paragraphs = bodies.paragraphs(body, config.bounds)
    article.text = "\n".join(paragraphs)
    article.author = byline(paragraphs)
    make_storable(article)
    return article


def _own_url(post: Post, body: LexborNode) -> str:
    """The address of the post's article: in its front matter, or else in links of its body to a
    place in the page itself, which the reference has made whole; "" where nothing tells it."""
    link = post.more.get("link")
    if isinstance(link, str) and is_sinas(link):
        return urls.canonical(link)
    hrefs = (node.attributes.get("href") or "" for node in body.css("a"))
    pages = {urls.canonical(href) for href in hrefs if "#" in href and is_sinas(href)}
    own = [page for page in pages if _is_of_day(page, post.date)]
    return own[0] if len(own) == 1 else ""


def _is_of_day(url: str, moment: datetime) -> bool:
    """Whether an address is an article's of about that day."""
    days = (abs((day - times.at(int(moment.timestamp())).date()).days) for day in times.days(url))
    return "/doc-i" in url and any(away <= 1 for away in days)


def _docid(post: Post, url: str, name: str) -> str | None:
    """The docid that a post tells: in its front matter, its address, or the name of its file behind
    the name that the title has; None where it does not."""
    told = post.more.get("docid")
    if isinstance(told, str) and _DOCID.fullmatch(told):
        return told
    if url:
        return urls.docid(url)
    stem = Path(post_path(post.title, (), "")).stem
    match = _DOCID_IN_NAME.fullmatch(name.removeprefix(stem)) if name.startswith(stem) else None
    return match["docid"] if match else None
