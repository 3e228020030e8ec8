"""The floor under an export: reads the rows, unpacks them, writes lines or hands them to pyarrow.

    python benchmarks/export_floor.py LEDGER FILE

No order, no query, no transactions, no `seen` in the lines; as fast as these libraries go.
"""

import io
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
from isal import isal_zlib

SCHEMA = Path(__file__).parent.parent / "sinanews" / "exports" / "article.schema.json"
BATCH = 300  # lines at a time: more takes more memory and no less time


def main(ledger: str, file: Path) -> None:
    """Writes all articles of a ledger into a .jsonl or .parquet file."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT article FROM revisions")
        lines = (isal_zlib.decompress(data) + b"\n" for (data,) in rows)
        (write_parquet if file.suffix == ".parquet" else write_lines)(lines, file)


def write_lines(lines: Iterator[bytes], file: Path) -> None:
    """Writes them as they are."""
    with file.open("wb") as opened:
        opened.writelines(lines)


def write_parquet(lines: Iterator[bytes], file: Path) -> None:
    """Hands them to pyarrow with the types that ours have."""
    import pyarrow as pa  # noqa: PLC0415 - the other floor has no use for it
    from pyarrow import json, parquet  # noqa: PLC0415

    text, moment = pa.string(), pa.timestamp("us", "Asia/Shanghai")
    texts = pa.list_(text)
    others = {
        **dict.fromkeys(("published", "updated", "first_seen", "seen"), moment),
        **dict.fromkeys(("channels", "keywords", "tickers"), texts),
        "revision": pa.int64(),
        "images": pa.list_(pa.struct([("url", text), ("caption", text)])),
    }
    names = orjson.loads(SCHEMA.read_bytes())["properties"]
    schema = pa.schema([(name, others.get(name, text)) for name in names])
    parsing = json.ParseOptions(explicit_schema=schema)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := b"".join(line for line, _ in zip(lines, range(BATCH), strict=False)):
            reading = json.ReadOptions(use_threads=False, block_size=len(batch) + 1)
            writer.write_table(json.read_json(io.BytesIO(batch), reading, parsing))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
