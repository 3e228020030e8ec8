"""Fetches the pictures of an article before its post is written: IMAGES=download.

A module of its own, for Scrapy's pipelines of files and Pillow are loaded only where they are used.
"""

import asyncio
import logging
import operator
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from itemadapter import ItemAdapter, is_item
from PIL import ImageOps
from PIL.Image import Image
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.pipelines.images import ImagesPipeline
from scrapy.pipelines.media import FileInfo, FileInfoOrError, MediaPipeline
from scrapy.signals import spider_closed, spider_idle
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import AlreadyCalledError
from twisted.python.failure import Failure

from sinanews.archive.picture_bytes import (
    ending,
    read_picture,
    too_many_frames,
    too_many_pixels,
)
from sinanews.archive.pictures import is_kept, kept_files, picture_path, thumbnail_path
from sinanews.archive.styles import post_file
from sinanews.download.failures import detail
from sinanews.download.hosts import PICTURE
from sinanews.exceptions import (
    DamagedError,
    OffsiteError,
    PictureBoundError,
    PictureError,
    RefusedError,
    WriteError,
)
from sinanews.items import Article, is_article, to_article
from sinanews.ledger.pictures import Mended, Picture
from sinanews.ledger.selection import Selection
from sinanews.posts.pictures import addresses
from sinanews.posts.render import post_bytes, post_hash
from sinanews.reporting.report import PICTURES_STAT, UNKEPT_STATS
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.reading import download_reason
from sinanews.utils.atomic import Drafts, is_of_one_path, write_whole
from sinanews.utils.files import path_in
from sinanews.utils.urls import picture_address

logger = logging.getLogger(__name__)

OK = 200
RETRIES = 1  # in a run: a picture is no article, and a later run tries it again
IN_HAND = 2  # times the requests that one host gets at once: so no host waits for what we do
MENDED_PER_RUN = 100  # pictures of earlier runs that are tried again
UNTIL = "picture_until"  # in a request's meta: the monotonic second after which it is not sent

LATE = "not asked for: its article has waited for IMAGES_SECONDS"
ENDING = "not asked for: the run ends"
NO_THUMBNAIL = "no thumbnail can be made of it (IMAGES_THUMBS)"
ASKS_NOBODY = "not asked for: this spider asks no site"


_NUMBER = re.compile(r"\d+")


class _Nothing(dict[bytes, FileInfo | Failure]):
    """A memory that keeps nothing."""

    def __setitem__(self, key: bytes, value: FileInfo | Failure) -> None:
        """Forgets it at once."""


class PicturesPipeline(ImagesPipeline):
    """Scrapy's, but what is fetched and what came of it stands in the ledger, files are named after
    what they are, and have the bytes that were served; and a picture that cannot be had is told in
    the report and stays where it is, without a traceback for each.

    Whatever comes of its pictures, an article goes on to be written, at most IMAGES_SECONDS and a
    download's time-outs later. IMAGES_THUMBS, IMAGES_MIN_WIDTH and IMAGES_MIN_HEIGHT are Scrapy's.
    """

    class SpiderInfo(ImagesPipeline.SpiderInfo):
        """What Scrapy notes of a run, but for what came of each picture: the ledger has that, and
        Scrapy would keep it in memory until the end."""

        def __init__(self, spider: Spider) -> None:
            super().__init__(spider)
            self.downloaded = _Nothing()

    def __init__(self, store_uri: str | Path, *, crawler: Crawler) -> None:
        super().__init__(store_uri, crawler=crawler)
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        self._spider = crawler.spider
        self._config = crawler.spider.config
        self._ledger = crawler.spider.ledger
        self._known = crawler.spider.ledger.pictures
        self.thumbs = dict(self._config.pictures.thumbnails)
        at_once = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._gate = asyncio.Semaphore(max(1, IN_HAND * at_once))
        self._reading = asyncio.Lock()  # one at a time: each may take 100 MB
        self._retries = min(RETRIES, crawler.settings.getint("RETRY_TIMES"))
        self._max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        limit = crawler.settings.getfloat("CLOSESPIDER_TIMEOUT")
        self._end = time.monotonic() + limit if limit else float("inf")
        self._is_ending = False
        self._broken: str | None = None  # why nothing can be written, once that is so
        self._mending: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None  # held, or it might vanish

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler's spider, into whose archive it writes."""
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        pipeline = cls(crawler.spider.config.output, crawler=crawler)
        crawler.signals.connect(pipeline.mend_before_closing, spider_idle)
        crawler.signals.connect(pipeline.end_mending, spider_closed)
        return pipeline

    def get_media_requests(self, item: Any, info: MediaPipeline.SpiderInfo) -> list[Request]:  # noqa: ANN401, ARG002 - items of any kind; Scrapy's signature
        """A request for each picture of an article: its own, and whatever else its body shows."""
        if not is_article(item):
            return []
        article = to_article(item)
        own = filter(None, (picture_address(image.url) for image in article.images))
        every = list(dict.fromkeys([*own, *addresses(article.body_html)]))
        most = self._config.pictures.per_article
        if len(every) > most:
            reason = f"its article has more than {most} pictures (IMAGES_PER_ARTICLE)"
            self._count_unkept(reason, len(every) - most)
        return [self._request(address, article) for address in every[:most]]

    def _request(self, address: str, article: Article) -> Request:
        return Request(
            address,
            callback=NO_CALLBACK,
            headers={"Accept": "image/*", **({"Referer": article.url} if article.url else {})},
            meta={
                PICTURE: address,
                UNTIL: time.monotonic() + self._config.pictures.seconds,
                "max_retry_times": self._retries,
            },
        )

    async def media_to_download(  # type: ignore[override] # Scrapy awaits what it returns
        self,
        request: Request,
        info: MediaPipeline.SpiderInfo,  # noqa: ARG002 - Scrapy's signature
        *,
        item: Any = None,  # noqa: ANN401 - items of any kind
    ) -> FileInfo:
        """What came of a picture: it is fetched here, and not by Scrapy's next step, which would
        log a traceback for each that fails, and has no bound on what an article waits."""
        url = request.meta[PICTURE]
        path = None
        with suppress(WriteError):
            picture = await self._picture(request)
            self._record(to_article(item).docid, [picture])
            path = picture.path
        return {"url": url, "path": path or "", "checksum": None, "status": "downloaded"}

    def item_completed(
        self,
        results: list[FileInfoOrError],
        item: Any,  # noqa: ANN401 - items of any kind
        info: MediaPipeline.SpiderInfo,  # noqa: ARG002 - Scrapy's signature
    ) -> Any:  # noqa: ANN401 - items of any kind
        """The item, its images with the paths of their files. Raises WriteError when the archive
        cannot be written, which ends the run."""
        if self._broken:
            raise WriteError(self._broken)
        if not results:
            return item
        known = [picture for result in results if (picture := self._find(_url(result)))]
        self._record(to_article(item).docid, known)
        for picture in known:
            if picture.path:
                self.crawler.stats.inc_value(f"{PICTURES_STAT}shown")
            else:
                self._count_unkept(picture.reason)
        _place(item, {picture.url: picture.path for picture in known if picture.path})
        return item

    async def _picture(self, request: Request) -> Picture:
        """What is known of a picture, which is fetched if need be. Raises WriteError."""
        known = self._find(request.meta[PICTURE])
        if known and (self._is_kept(known) or not (known.path or self._known.is_due(known))):
            return known
        return await self._fetched(request)

    def _is_kept(self, picture: Picture) -> bool:
        return picture.path is not None and is_kept(picture.path, self._config)

    async def _fetched(self, request: Request) -> Picture:
        """What comes of a picture that is asked for. Raises WriteError."""
        async with self._gate:
            try:
                return await self._fetch(request, request.meta[PICTURE])
            except (OSError, SQLAlchemyError) as error:
                raise self._stop(error) from error

    async def _fetch(self, request: Request, address: str) -> Picture:
        reason = self._why_not(request)
        if reason is None:
            try:
                response = await self.crawler.engine.download_async(request)
            except RefusedError as error:
                reason = str(error)
            except AlreadyCalledError:  # Scrapy 2.19 at a download for which it no longer waits
                self._is_ending = True
                reason = ENDING
            except Exception as error:  # noqa: BLE001 - of any middleware or handler
                return self._failed(request, error)
        if reason is not None:
            return self._known.note_failure(address, reason, was_tried=False)
        try:
            if response.status != OK:
                raise PictureError(f"HTTP {response.status}")  # noqa: TRY301 - as below
            async with self._reading:
                path = await asyncio.to_thread(self._keep, response)
        except PictureError as error:
            return self._failed(request, error)
        self.crawler.stats.inc_value(f"{PICTURES_STAT}downloaded")
        return Picture(address, path)

    def _why_not(self, request: Request) -> str | None:
        """Why a picture is not asked for now, if it is not."""
        if not self._spider.asks_site:
            return ASKS_NOBODY
        now = time.monotonic()
        is_over = self._is_ending or self._broken is not None or now > self._end
        if is_over or not self.crawler.engine.running:
            return ENDING
        return LATE if now > request.meta[UNTIL] else None

    def _failed(self, request: Request, error: Exception) -> Picture:
        is_bound = isinstance(error, PictureBoundError)
        reason = str(error) if isinstance(error, PictureError) else download_reason(error, request)
        if reason and "DOWNLOAD_MAXSIZE" in reason:
            reason, is_bound = self._too_large(), True
        if reason is None:
            reason = f"error: {type(error).__name__}"
            logger.error("picture %s: %s", request.url, reason, exc_info=error)
        else:
            said = str(error)
            more = "" if said and said in reason else detail(error)
            logger.info("picture %s: %s%s", request.url, reason, more)
        may_pass = not isinstance(error, OffsiteError)
        return self._known.note_failure(
            request.meta[PICTURE], reason, may_pass=may_pass, is_bound=is_bound
        )

    def _too_large(self) -> str:
        return f"it has more than {self._max_size} bytes (DOWNLOAD_MAXSIZE)"

    def _too_small(self) -> str:
        return (
            f"it is smaller than {self.min_width} by {self.min_height} pixels"
            " (IMAGES_MIN_WIDTH, IMAGES_MIN_HEIGHT)"
        )

    def _is_outgrown(self, reason: str) -> bool:
        """Whether a picture was refused, for this reason, by a setting that is wider now."""
        bounds = self._config.pictures
        for now, is_wider in (
            (too_many_pixels(bounds), operator.gt),
            (too_many_frames(bounds), operator.gt),
            (self._too_large(), operator.gt),
            (self._too_small(), operator.lt),
        ):
            if _NUMBER.sub("", now) == _NUMBER.sub("", reason):
                numbers = (map(int, _NUMBER.findall(text)) for text in (now, reason))
                return any(map(is_wider, *numbers))
        return reason == NO_THUMBNAIL and not self.thumbs

    def _keep(self, response: Response) -> str:
        """Writes a picture and its thumbnails; returns its path below the output folder.

        Raises PictureError for what is none, or cannot be written for what stands in its own way;
        OSError when nothing can be written.
        """
        body = response.body
        image = read_picture(body, self._config.pictures)
        if image.width < self.min_width or image.height < self.min_height:
            raise PictureBoundError(self._too_small())
        path = picture_path(body, ending(image))
        files = {path: body}
        files |= {thumbnail_path(body, name): data for name, data in self._thumbnails(image, body)}
        missing = {name: data for name, data in files.items() if not is_kept(name, self._config)}
        try:
            write_whole({path_in(self._config.output, name): missing[name] for name in missing})
        except OSError as error:
            if not is_of_one_path(error):
                raise
            raise PictureError(f"its file cannot be written: {error.strerror}") from error
        return path

    def _thumbnails(self, image: Image, body: bytes) -> Iterator[tuple[str, bytes]]:
        """The thumbnails of a picture, by name, as Scrapy makes them: JPEG, upright."""
        if not self.thumbs:
            return
        try:
            upright = ImageOps.exif_transpose(image)
            for name, size in self.thumbs.items():
                _, buffer = self.convert_image(upright, size, response_body=BytesIO(body))
                yield name, buffer.getvalue()
        except (ArithmeticError, OSError, ValueError) as error:  # of forms that it cannot convert
            raise PictureBoundError(NO_THUMBNAIL) from error

    def _find(self, address: str) -> Picture | None:
        try:
            return self._known.find(address)
        except SQLAlchemyError as error:
            raise self._stop(error) from error

    def _record(self, docid: str, pictures: list[Picture]) -> None:
        try:
            self._known.record(docid, pictures)
        except SQLAlchemyError as error:
            raise self._stop(error) from error

    def _stop(self, error: OSError | SQLAlchemyError) -> WriteError:
        """Ends the run in good order, once."""
        if self._broken is None:
            self.crawler.stats.inc_value("sinanews/errors")
            self._broken = self._spider.close_run(error)
        return WriteError(self._broken)

    def _count_unkept(self, reason: str, count: int = 1) -> None:
        self.crawler.stats.inc_value(f"{UNKEPT_STATS}{reason}", count)

    def mend_before_closing(self) -> None:
        """Tries pictures of earlier runs again, once a run has nothing else to do.

        Raises DontCloseSpider while that goes on.
        """
        if self._mending is None and self._spider.asks_site:
            self._mending = asyncio.ensure_future(self._mend_older())
        if self._mending and not self._mending.done():
            raise DontCloseSpider

    def end_mending(self) -> None:
        """Leaves what is left to the next run."""
        if self._mending:
            self._mending.cancel()

    async def _mend_older(self) -> None:
        try:
            # Not what failed in this run: a later one finds another moment.
            began = self._ledger.started
            self._known.retry_refused(self._is_outgrown)
            due = self._known.take_due(MENDED_PER_RUN, began, self._config.lease)
            tried: dict[str, Picture] = {}
            for docid, urls in due.items():
                await self._mend(docid, urls, tried)
        except WriteError:
            return  # which has ended the run
        except (OSError, SQLAlchemyError) as error:
            self._stop(error)
        finally:
            asyncio.get_running_loop().call_soon(self._close_if_idle)

    def _close_if_idle(self) -> None:
        """Closes a run that had nothing else to do: the engine looks every five seconds only."""
        if self.crawler.engine.running and self.crawler.engine.spider_is_idle():
            self._closing = asyncio.ensure_future(self._spider.close_if_nobody_objects())

    async def _mend(self, docid: str, urls: list[str], tried: dict[str, Picture]) -> None:
        """Tries some pictures of an article again, but for those that were `tried` for another one,
        and has its post show those that are there."""
        selection = Selection(docids=(docid,))
        for path, article in self._ledger.articles(selection, _note_damage):
            for url in urls:
                known = self._find(url)
                if known and self._is_kept(known):
                    tried[url] = known
                elif url not in tried:
                    tried[url] = await self._fetched(self._request(url, article))
            files = {url: file for url in urls if (file := tried[url].path)}
            if files:
                await asyncio.to_thread(self._show, path, article, files)

    def _show(self, path: str, article: Article, files: dict[str, str]) -> None:
        """Writes the post of an article again, with these pictures shown from their files."""
        docid = article.docid
        known = self._known.files([docid]).get(docid, {}) | files
        post = post_bytes(article, self._config, files=kept_files(article, known, self._config))
        with Drafts({docid: {post_file(self._config, path, docid): post}}) as drafts:
            mended = Mended(docid, article.revision, post_hash(post), files)
            self._known.mend(mended, drafts.publish)


def _url(result: FileInfoOrError) -> str:
    """The address of a picture that was looked for. Raises what kept us from that, which is an
    error of ours."""
    _, info = result
    if isinstance(info, Failure):
        info.raiseException()
    return info["url"]


def _note_damage(error: DamagedError) -> None:
    logger.error("%s; its pictures are not tried again", error)


def _place(item: Any, files: dict[str, str]) -> None:  # noqa: ANN401 - items of any kind
    """Gives the images of an item the paths of their files, where their kind has such a field."""
    for image in ItemAdapter(item).get("images") or ():
        if not is_item(image):
            continue
        adapter = ItemAdapter(image)
        path = files.get(picture_address(adapter.get("url") or "") or "")
        if path and (isinstance(image, dict) or "path" in adapter.field_names()):
            adapter["path"] = path
