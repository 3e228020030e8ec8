"""A real S3 server on loopback, and an archive whose articles go there."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from moto.server import ThreadedMotoServer

from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import scrapy_in

SITE = Site(articles=40, tick=0)
KEY, SECRET = "AKIAEXAMPLE", "s3cr3t/Ex+ample"
HARVEST = ("harvest", "china", "-a", "channel=all")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the server."""
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    _, port = started.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    started.stop()


@pytest.fixture
def s3(server, monkeypatch, request) -> SimpleNamespace:
    """The server as the environment names it, and a bucket of the test's own."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    bucket = f"test-{abs(hash(request.node.nodeid))}"
    client.create_bucket(Bucket=bucket)

    def objects() -> dict[str, bytes]:
        found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {
            one["Key"]: client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            for one in found
        }

    return SimpleNamespace(client=client, bucket=bucket, objects=objects, url=f"s3://{bucket}")


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("archive") / "output"
    with running(SITE) as mirror:
        run = scrapy_in(output)(*HARVEST, mirror=mirror.url)
    assert run.returncode == 0, run.stderr
    return output


@pytest.fixture
def export(archive):
    """Runs `scrapy export ARGUMENTS`."""
    return lambda *arguments, **settings: scrapy_in(archive)("export", *arguments, **settings)
