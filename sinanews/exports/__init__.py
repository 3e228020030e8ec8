"""The archive in formats for others: one module a format, one registry by the file's ending.

An exporter is a class of Scrapy's kind, `scrapy.exporters.BaseItemExporter`. The setting
EXPORT_FORMATS adds a user's own; docs/scrapy.md tells how.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from scrapy.exporters import BaseItemExporter
from scrapy.utils.misc import load_object

from sinanews.exceptions import ArgumentError

# What makes an exporter for a file that is opened for bytes: its class.
Exporter = Callable[[IO[bytes]], BaseItemExporter]
PACKED = ".gz"
STDOUT = "-"  # for JSON Lines on standard output
# By name, so that a crawl, which needs one of them, does not import what the others need.
FORMATS: Mapping[str, str] = {
    ".jsonl": "sinanews.exports.jsonl.LineExporter",
    ".csv": "sinanews.exports.csv.CsvExporter",
    ".parquet": "sinanews.exports.parquet.ParquetExporter",
    ".xml": "sinanews.exports.atom.AtomExporter",
}
# What has to be installed for an exporter of ours, beside sinanews itself.
_EXTRAS = {"pyarrow": "pip install 'sinanews[parquet]'"}


def exporter_for(name: str, own: Mapping[str, str | Exporter | None]) -> Exporter:
    """The exporter for a file of this name; `own` adds to FORMATS, and takes away with None.

    Raises ArgumentError, as for the option `-o`, for an ending that has none, and for an exporter
    that cannot be loaded.
    """
    formats = {ending: cls for ending, cls in {**FORMATS, **own}.items() if cls}
    if name == STDOUT:
        return _loaded(name, FORMATS[".jsonl"])
    plain = name.removesuffix(PACKED)
    ending = max((end for end in formats if plain.endswith(end)), key=len, default=None)
    if ending is None or Path(plain).name == ending:
        accepted = f"a name that ends in {', '.join(formats)} (or these with {PACKED}), DIR/ or -"
        raise ArgumentError("-o", name, accepted)
    cls = _loaded(name, formats[ending])
    if plain != name and getattr(cls, "compressed", False):
        raise ArgumentError("-o", name, f"{plain}: {ending} is compressed already")
    return cls


def _loaded(name: str, cls: str | Exporter) -> Exporter:
    try:
        loaded: Exporter = load_object(cls)
    except ModuleNotFoundError as error:
        needed = _EXTRAS.get((error.name or "").partition(".")[0])
        if not needed:
            raise
        accepted = f"another format, as long as {error.name} is not installed: {needed}"
        raise ArgumentError("-o", name, accepted) from error
    except (AttributeError, ImportError, NameError, ValueError) as error:
        accepted = f"an exporter that can be loaded ({error})"
        raise ArgumentError("EXPORT_FORMATS", str(cls), accepted) from error
    return loaded
