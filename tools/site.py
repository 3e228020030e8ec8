"""Makes a blog of an archive, `make site`: a Hexo site with its stock theme, in `site/`, that is
shown at an address of this machine alone.

In the site are the archive's posts, written in POST_STYLE=hexo whatever style the archive has, and
its pictures, nothing else; the archive is only read. Pages, pictures and posts that somebody put
into `site/source/` himself stay as they are: `site/posts.txt` names the posts that are ours.
`site/public/` is what can be put on a server.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from scrapy.settings import BaseSettings
from scrapy.utils.project import get_project_settings

from sinanews.archive.pictures import FOLDER as PICTURES
from sinanews.archive.pictures import is_picture_name
from sinanews.archive.rebuild import posts_of
from sinanews.config import HEXO, Config
from sinanews.exceptions import DamagedError, SinanewsError
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import ROOT as POSTS
from sinanews.posts.paths import post_path
from sinanews.utils.atomic import write_whole
from sinanews.utils.files import escape_unprintable, path_in, say

ROOT = Path(__file__).resolve().parent.parent
PORT = 4000  # Hexo's own
PORTS = range(1, 1 << 16)
OURS = "posts.txt"  # in the site's folder: a path below `source` in each line
INTERRUPTED = 130  # the exit code, as shells have it
AT_ONCE = 8  # pages in the making; without a number Hexo holds all of them in memory
HOST = "127.0.0.1"
DEMO = "output/demo"
# What says which packages are installed; npm writes it last.
INSTALLED = Path("node_modules", ".package-lock.json")
_VERSION = re.compile(r"(\d+)\.(\d+)")


class SiteError(Exception):
    """Why there can be no site, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the site and show it until Ctrl-C; the exit code is 0, 2 for what is refused, or that of
    npm or Hexo."""
    escape_unprintable()
    options = _options(arguments)
    try:
        require_node(options.site)
        config = config_of(options.settings)
        fill(options.site, config)
        install(options.site)
        generate(options.site, english=options.english)
        if options.build:
            say(f"the blog is in {options.site / 'public'}")
        else:
            serve(options.site, options.port)
    except (SiteError, SinanewsError, OSError) as error:
        say(error, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        return error.returncode  # and why, Hexo or npm has said
    except KeyboardInterrupt:
        say("interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make site", description=__doc__, allow_abbrev=False)
    parser.add_argument("-s", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--english", action="store_true", help="menus and dates in English")
    parser.add_argument("--build", action="store_true", help="make site/public, and end")
    parser.add_argument("--port", type=_port, default=PORT)
    parser.add_argument("--site", type=Path, default=ROOT / "site", help="the site's folder")
    return parser.parse_args(arguments)


def _port(value: str) -> int:
    """Raises ArgumentTypeError for what is no port."""
    if not (value.isascii() and value.isdigit() and int(value) in PORTS):
        raise argparse.ArgumentTypeError(f"{value!r} is no port from {PORTS[0]} to {PORTS[-1]}")
    return int(value)


def require_node(site: Path) -> None:
    """Raises SiteError when node or npm is missing, or node is older than Hexo needs."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise SiteError("a site needs Node.js and npm: apt-get install nodejs npm")
    lock = json.loads((site / "package-lock.json").read_text("utf-8"))
    needed = lock["packages"]["node_modules/hexo"]["engines"]["node"]
    command = ("node", "--version")
    have = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    if _version(have) < _version(needed):
        raise SiteError(f"a site needs Node.js {needed}; this one is {have}")


def _version(text: str) -> tuple[int, int]:
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def config_of(told: Sequence[str]) -> Config:
    """The archive's settings, for posts of a blog. Without an archive in OUTPUT_DIR, and none told,
    it is the demo's, if there is one. Raises SinanewsError for settings that make no sense."""
    settings = get_project_settings()
    _require_pairs(told)
    for name, _, value in (setting.partition("=") for setting in told):
        settings.set(name, value, priority="cmdline")
    settings.set("POST_STYLE", HEXO, priority="cmdline")
    config = Config.from_settings(settings)
    if _is_default(settings) and not _has_ledger(config) and (ROOT / DEMO).is_dir():
        say(f"there is no archive in {config.output}: this is the blog of {DEMO}")
        settings.set("OUTPUT_DIR", DEMO, priority="cmdline")
        config = Config.from_settings(settings)
    return config


def _require_pairs(told: Sequence[str]) -> None:
    for setting in told:
        if "=" not in setting:
            raise SiteError(f"-s {setting}: expected NAME=VALUE")


def _is_default(settings: BaseSettings) -> bool:
    return settings["OUTPUT_DIR"] == "output" and not settings["LEDGER_URL"]


def _has_ledger(config: Config) -> bool:
    return (config.output / "ledger.db").exists()


def install(site: Path) -> None:
    """Installs what package-lock.json names, if it is not there. No package runs a script."""
    locked, installed = site / "package-lock.json", site / INSTALLED
    if installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime:
        return
    say("installing Hexo (once, about half a minute) ...")
    sys.stdout.flush()
    command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    subprocess.run(command, cwd=site, check=True)
    os.utime(installed)


def fill(site: Path, config: Config) -> None:
    """Has the site's `source` hold the archive's posts and pictures, and none of another archive's;
    what somebody else put there stays. Raises SiteError for an archive without a post."""
    source, record = site / "source", site / OURS
    recorded = _recorded(record)
    posts: set[str] = set()
    if not config.ledger_url and not _has_ledger(config):
        raise SiteError(_nothing_in(config))
    # Those that a harvest has brought are shown, whatever IMAGES is now.
    config = replace(config, pictures=replace(config.pictures, are_kept=True))
    with (
        closing(Ledger.open(config, post_path, read_only=True)) as ledger,
        record.open("a", encoding="utf-8", errors="surrogateescape") as names,
    ):
        for name, post in posts_of(ledger, config, _leave_out):
            if name not in recorded:
                if not _is_free(path_in(source, name), post):
                    say(f"{name} is a file of your own and stays; its post is left out")
                    continue
                names.write(f"{name}\n")
                names.flush()  # before it is there
            posts.add(name)
            _write(path_in(source, name), post)
    if not posts:
        raise SiteError(_nothing_in(config))
    pictures = _share_pictures(config.output / PICTURES, source / PICTURES)
    removed = [path_in(source, name) for name in recorded - posts]
    removed += [file for file in _pictures(source / PICTURES) if file not in pictures]
    for file in removed:
        file.unlink(missing_ok=True)
    if removed:  # what Hexo made of them would stay
        shutil.rmtree(site / "public", ignore_errors=True)
        (site / "db.json").unlink(missing_ok=True)
    lines = "".join(f"{name}\n" for name in sorted(posts))
    write_whole({record: lines.encode(errors="surrogateescape")})
    say(f"{len(posts)} posts of {config.output}")


def _recorded(record: Path) -> set[str]:
    """The posts that were put in the site, by their paths below `source`; none without a record."""
    with suppress(FileNotFoundError):
        names = record.read_text("utf-8", "surrogateescape").splitlines()
        return {name for name in names if name.startswith(f"{POSTS}/") and "/../" not in name}
    return set()


def _is_free(file: Path, post: bytes) -> bool:
    """Whether nothing is there, or this very post."""
    is_it = file.is_file() and not file.is_symlink() and file.read_bytes() == post
    return is_it or not os.path.lexists(file)


def _write(file: Path, post: bytes) -> None:
    if file.is_symlink():
        file.unlink()  # and not what it leads to
    if not file.is_file() or file.read_bytes() != post:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(post)


def _share_pictures(pictures: Path, folder: Path) -> set[Path]:
    """Puts an archive's pictures into a folder of the site; returns them there."""
    shared: set[Path] = set()
    for picture in _pictures(pictures):
        file = folder / picture.relative_to(pictures)
        shared.add(file)
        _share(picture, file)
    return shared


def _nothing_in(config: Config) -> str:
    return (
        f"{config.output} has no articles: `make demo` or `make harvest` brings some, and"
        " `make site ARGS='-s OUTPUT_DIR=FOLDER'` shows another archive"
    )


def _leave_out(error: DamagedError) -> None:
    say(f"{error}; it is left out", file=sys.stderr)


def _pictures(folder: Path) -> Iterator[Path]:
    """The files below a folder that have names of our pictures, but links: a picture is none."""
    for place, _, names in os.walk(folder):
        for file in (Path(place, name) for name in names):
            is_ours = is_picture_name(file.relative_to(folder).as_posix())
            if is_ours and file.is_file() and not file.is_symlink():
                yield file


def _share(picture: Path, file: Path) -> None:
    """Puts a picture in the site: the same file, where the file system can, else a copy."""
    if file.exists() and file.stat().st_size == picture.stat().st_size:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with suppress(OSError):
        file.hardlink_to(picture)
        return
    shutil.copyfile(picture, file)


def generate(site: Path, *, english: bool) -> None:
    """Makes `public` of the site. Raises CalledProcessError when Hexo fails, which says why."""
    configs = ("_config.yml", "_config.english.yml") if english else ("_config.yml",)
    say("making the pages ...")
    sys.stdout.flush()
    some = ("--concurrency", str(AT_ONCE))
    _hexo(site, "generate", "--silent", *some, "--config", ",".join(configs))


def serve(site: Path, port: int) -> None:
    """Serves `public` to this machine alone, until Ctrl-C. Raises CalledProcessError when Hexo
    cannot."""
    with suppress(KeyboardInterrupt):
        _hexo(site, "server", "--static", "--ip", HOST, "--port", str(port))


def _hexo(site: Path, *arguments: str) -> None:
    program = site / "node_modules" / ".bin" / "hexo"
    subprocess.run((str(program), *arguments), cwd=site, check=True)


if __name__ == "__main__":
    sys.exit(main())
