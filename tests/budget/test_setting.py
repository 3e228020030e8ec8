"""SITE_REQUESTS_PER_SECOND: a budget for the live site, none for a mirror, nonsense refused."""

import pytest

from harvest.small import config_of
from sinanews.exceptions import ArgumentError

MIRROR = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("settings", "rate"),
    [
        ({}, 4.0),
        ({"MIRROR_URL": MIRROR}, 0.0),
        ({"SITE_REQUESTS_PER_SECOND": ""}, 4.0),
        ({"SITE_REQUESTS_PER_SECOND": "0"}, 0.0),
        ({"SITE_REQUESTS_PER_SECOND": 0}, 0.0),
        ({"SITE_REQUESTS_PER_SECOND": "0.25"}, 0.25),
        ({"SITE_REQUESTS_PER_SECOND": 12, "MIRROR_URL": MIRROR}, 12.0),
    ],
)
def test_a_rate_is_what_is_set_or_the_site_allows(settings, rate, tmp_path):
    assert config_of(tmp_path, **settings).requests_per_second == rate


@pytest.mark.parametrize(
    "value", ["-1", "nan", "inf", "1e9", "1e-9", "four", "4/s", [4], -0.5, "0x4", "٤٤٤٤٤"]
)
def test_a_rate_that_makes_no_sense_is_refused_by_name(value, tmp_path):
    with pytest.raises(ArgumentError, match=r"SITE_REQUESTS_PER_SECOND: .* a number of requests a"):
        config_of(tmp_path, SITE_REQUESTS_PER_SECOND=value)
