"""What people would write the same rows with: pandas in chunks, or DuckDB, from JSON Lines.

    python benchmarks/export_readers.py pandas|duckdb LINES FILE

They cannot read a ledger, so they begin with its lines, unpacked. pandas has the whole of a Parquet
file in memory, or none: its chunks are handed to pyarrow.
"""

import sys
from pathlib import Path

CHUNK = 10_000  # lines; pandas is fastest with about so many
MEMORY = "2GB"  # for DuckDB, which takes what it gets


def write_with_pandas(lines: Path, file: Path) -> None:
    """Reads and writes a chunk at a time."""
    import pandas as pd  # noqa: PLC0415 - each has its own process
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    times = ["published", "updated", "first_seen", "seen"]
    text = ["summary", "author", "editor", "editor_code", "headimg", "duplicate_of"]
    with pd.read_json(lines, lines=True, dtype=False, chunksize=CHUNK) as chunks:
        if file.suffix == ".jsonl":
            with file.open("w", encoding="utf-8") as opened:
                for chunk in chunks:
                    chunk.to_json(opened, orient="records", lines=True, force_ascii=False)
            return
        writer = None
        for chunk in chunks:
            chunk[text] = chunk[text].astype("str")
            for name in times:
                moments = pd.to_datetime(chunk[name], utc=True, format="ISO8601")
                chunk[name] = moments.dt.tz_convert("Asia/Shanghai").dt.as_unit("us")
            table = pa.Table.from_pandas(chunk, writer.schema if writer else None)
            writer = writer or parquet.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table)
        if writer:
            writer.close()


def write_with_duckdb(lines: Path, file: Path) -> None:
    """Copies the lines into the file, as SQL."""
    import duckdb  # noqa: PLC0415 - each has its own process

    form = "PARQUET, COMPRESSION zstd" if file.suffix == ".parquet" else "JSON"
    duckdb.sql(f"SET memory_limit = '{MEMORY}'")
    duckdb.sql(f"COPY (FROM read_json('{lines}')) TO '{file}' (FORMAT {form})")


if __name__ == "__main__":
    write = {"pandas": write_with_pandas, "duckdb": write_with_duckdb}[sys.argv[1]]
    write(Path(sys.argv[2]), Path(sys.argv[3]))
