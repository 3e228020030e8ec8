"""Where the files of pictures are, and which of them a post shows."""

import re
from collections.abc import Mapping
from hashlib import sha256

from sinanews.config import THUMBNAIL_NAME, Config
from sinanews.items import Article
from sinanews.utils.files import path_in
from sinanews.utils.urls import picture_address

FOLDER = "images"
# By `picture_path` and `thumbnail_path`, below the folder.
_OURS = re.compile(
    r"(?P<two>[0-9a-f]{2})/(?P=two)[0-9a-f]{62}\.(?:jpg|png|gif|webp)"
    rf"|thumbs/{THUMBNAIL_NAME.pattern}/[0-9a-f]{{64}}\.jpg"
)


def kept_files(article: Article, known: Mapping[str, str], config: Config) -> dict[str, str]:
    """The files of the pictures that an article's post shows, by address: those that the ledger has
    as `known`, and those that its line names, as far as they are there; none with IMAGES=remote."""
    if not config.pictures.are_kept:
        return {}
    named = {
        address: image.path
        for image in article.images
        if image.path and (address := picture_address(image.url))
    }
    return {url: path for url, path in (named | dict(known)).items() if is_kept(path, config)}


def is_kept(path: str, config: Config) -> bool:
    """Whether a picture's file is there, by its path below the output folder."""
    parts = path.split("/")
    return parts[0] == FOLDER and ".." not in parts and path_in(config.output, path).is_file()


def is_picture_name(name: str) -> bool:
    """Whether a file below the folder of pictures has a name of ours.

    >>> is_picture_name(f"61/61{'0' * 62}.gif"), is_picture_name("logo.png")
    (True, False)
    """
    return _OURS.fullmatch(name) is not None


def picture_path(body: bytes, ending: str) -> str:
    """Where a picture is kept, below the output folder: by what it is, so that the same picture at
    two addresses is one file.

    >>> picture_path(b"GIF89a", "gif")
    'images/61/610f5ae4d76e332636a17bd357fd6ce99029316a99d320280d4d77a746bf29e8.gif'
    """
    name = sha256(body).hexdigest()
    return f"{FOLDER}/{name[:2]}/{name}.{ending}"


def thumbnail_path(body: bytes, name: str) -> str:
    """Where the thumbnail of that name of a picture is kept, below the output folder."""
    return f"{FOLDER}/thumbs/{name}/{sha256(body).hexdigest()}.jpg"
