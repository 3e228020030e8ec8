"""`scrapy export -o s3://BUCKET/NAME`: whole or not at all, and clear about what is in its way."""

import gzip
import io
import json
import os

import fsspec
import pytest
from pyarrow import parquet

from object_storage.conftest import KEY, SECRET
from sinanews.exports import places
from sinanews.exports.jsonl import LineExporter

ENDINGS = (".jsonl.gz", ".csv", ".xml", ".parquet")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_object_is_the_file_that_the_same_export_writes(ending, s3, export, tmp_path):
    here = tmp_path / f"all{ending}"
    export("-o", str(here))

    run = export("-o", f"{s3.url}/news/all{ending}")

    assert run.returncode == 0, run.stderr
    assert f"articles in {s3.url}/news/all{ending}" in run.stdout
    assert s3.objects() == {f"news/all{ending}": here.read_bytes()}


def test_an_object_is_replaced_by_the_next_export(s3, export):
    s3.client.put_object(Bucket=s3.bucket, Key="all.jsonl", Body=b"old")

    export("-o", f"{s3.url}/all.jsonl")

    assert s3.objects()["all.jsonl"].startswith(b'{"docid":')


def test_a_folder_has_a_parquet_file_a_month_and_only_what_changed_is_written(s3, export):
    first = export("-o", f"{s3.url}/months/")
    objects = s3.objects()
    manifest = json.loads(objects["months/_manifest.json"])
    stamps = {
        o["Key"]: o["LastModified"] for o in s3.client.list_objects_v2(Bucket=s3.bucket)["Contents"]
    }

    second = export("-o", f"{s3.url}/months/")

    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert ", 0 months written" in second.stdout
    months = {key: data for key, data in objects.items() if key.endswith(".parquet")}
    assert months.keys() == {f"months/{month}.parquet" for month in manifest["months"]}
    rows = sum(parquet.read_table(io.BytesIO(data)).num_rows for data in months.values())
    assert f"{rows} articles in {s3.url}/months/" in first.stdout
    again = {
        o["Key"]: o["LastModified"] for o in s3.client.list_objects_v2(Bucket=s3.bucket)["Contents"]
    }
    assert again == stamps

    name = next(iter(months))
    s3.client.put_object(Bucket=s3.bucket, Key=name, Body=b"damaged")
    s3.client.put_object(Bucket=s3.bucket, Key="months/1999-01.parquet", Body=b"nobody's")
    third = export("-o", f"{s3.url}/months/")
    assert ", 2 months written" in third.stdout
    assert s3.objects() == objects


def test_a_folder_of_something_else_is_refused(s3, export):
    s3.client.put_object(Bucket=s3.bucket, Key="months/readme.txt", Body=b"mine")

    run = export("-o", f"{s3.url}/months/")

    assert run.returncode == 2
    assert "expected an empty folder, or one that `scrapy export` made" in run.stderr
    assert s3.objects() == {"months/readme.txt": b"mine"}


@pytest.mark.parametrize(
    ("output", "endpoint", "message"),
    [
        ("s3://no-such-bucket-here/all.jsonl", None, "bucket does not exist"),
        ("s3://no-such-bucket-here/months/", None, "bucket does not exist"),
        ("{url}/all.jsonl", "http://127.0.0.1:9", "Could not connect to the"),
        ("nosuch://bucket/all.jsonl", None, "Protocol not known: nosuch"),
        ("gs://bucket/all.jsonl", None, "as long as its package is not installed"),
        ("s3://me:s3cr3t/Ex+ample@{bucket}/all.nosuch", None, "a name that ends in"),
    ],
)
def test_what_stands_in_the_way_is_told_without_secrets(output, endpoint, message, s3, export):
    if endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint

    run = export("-o", output.format(url=s3.url, bucket=s3.bucket))

    assert run.returncode == 2, run.stdout
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert SECRET not in run.stderr
    assert KEY not in run.stderr
    assert s3.objects() == {}


def test_access_that_is_denied_is_told(s3, export):
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{s3.bucket}/*",
            }
        ],
    }
    s3.client.put_bucket_policy(Bucket=s3.bucket, Policy=json.dumps(policy))

    run = export("-o", f"{s3.url}/all.jsonl")

    assert run.returncode == 2
    assert "a file that can be written (" in run.stderr
    assert "denied" in run.stderr.lower() or "forbidden" in run.stderr.lower()
    assert s3.objects() == {}


def test_an_export_that_breaks_off_leaves_no_object(s3):
    def lines():
        yield b'{"docid":"nabc0000000001"}\n'
        raise KeyError("the ledger is gone")

    with pytest.raises(KeyError):
        places.export_to(f"{s3.url}/all.jsonl.gz", lines(), LineExporter, print)

    assert s3.objects() == {}
    assert s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", []) == []


def test_any_file_system_that_fsspec_knows_will_do():
    count = places.export_to("memory://news/all.jsonl.gz", [b'{"a":1}\n'], LineExporter, print)

    assert count == 1
    packed = fsspec.filesystem("memory").cat_file("/news/all.jsonl.gz")
    assert gzip.decompress(packed) == b'{"a":1}\n'


def test_a_file_url_is_a_file(export, tmp_path):
    run = export("-o", (tmp_path / "a b.jsonl").as_uri())

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "a b.jsonl").read_bytes().count(b"\n") > 10


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(places, "find_spec", lambda _: None)

    with pytest.raises(Exception, match=r"fsspec is not installed: pip install 'sinanews\[s3\]'"):
        places.export_to("s3://bucket/all.jsonl", [], LineExporter, print)


def test_a_file_here_needs_no_package(export, tmp_path, monkeypatch):
    for name in ("fsspec", "s3fs", "boto3"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}")

    run = export("-o", str(tmp_path / "all.jsonl"), prefix=["env"])  # a process of its own

    assert run.returncode == 0, run.stderr
