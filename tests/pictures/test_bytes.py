"""Bytes become a picture when they are one, whole, and cost no more than they should."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pictures.gallery import fault, film, image, saved
from sinanews.archive.picture_bytes import ENDINGS, ending, read_picture
from sinanews.config import Pictures
from sinanews.exceptions import PictureError

# As the module has it for a process; pytest sets filters of its own for each test.
pytestmark = pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")

BOUNDS = Pictures(
    are_kept=True, thumbnails={}, pixels=1_000_000, frames=20, per_article=100, seconds=120
)
NONE = "it is no JPEG, PNG, GIF or WebP"
CUT = "it cannot be read to its end"
FORMS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}


@pytest.mark.parametrize(("form", "expected"), FORMS.items())
def test_a_picture_gets_the_ending_of_what_it_is(form, expected):
    picture = read_picture(image(form), BOUNDS)
    assert (ending(picture), picture.size) == (expected, (60, 40))


def test_several_jpegs_in_one_file_are_a_jpeg():
    pictures = [Image.new("RGB", (40, 30), (number, 0, 0)) for number in range(2)]
    data = saved(pictures[0], "MPO", save_all=True, append_images=pictures[1:])
    assert ending(read_picture(data, BOUNDS)) == "jpg"


@pytest.mark.parametrize("form", ["BMP", "TIFF", "ICO", "PPM"])
def test_a_picture_of_another_form_is_refused(form):
    with pytest.raises(PictureError, match=NONE):
        read_picture(image(form), BOUNDS)


@pytest.mark.parametrize("kind", ["picture-html", "picture-svg"])
def test_what_is_no_picture_is_refused(kind):
    with pytest.raises(PictureError, match=NONE):
        read_picture(fault(kind), BOUNDS)


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_that_is_cut_off_is_refused(form):
    data = image(form)
    with pytest.raises(PictureError, match=f"{CUT}|{NONE}"):
        read_picture(data[: len(data) * 2 // 3], BOUNDS)


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_of_too_many_pixels_is_refused(form):
    with pytest.raises(PictureError, match=r"more than 1000000 pixels \(IMAGES_MAX_PIXELS\)"):
        read_picture(image(form, size=(1001, 1000)), BOUNDS)
    assert read_picture(image(form, size=(1000, 1000)), BOUNDS)


@pytest.mark.parametrize("side", [1_200, 30_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side, monkeypatch):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)  # fails whoever unpacks
    data = fault("picture-bomb") if side > 2_000 else image(size=(side, side))
    with pytest.raises(PictureError, match="more than 1000000 pixels"):
        read_picture(data, BOUNDS)


@pytest.mark.parametrize("frames", [1, 20])
def test_a_film_within_the_bounds_is_kept(frames):
    picture = read_picture(film(frames), BOUNDS)
    assert picture.tell() == 0


@pytest.mark.parametrize("data", [film(21), film(5, size=(1000, 1000)), fault("picture-film")])
def test_a_film_of_too_many_frames_or_pixels_is_refused(data):
    with pytest.raises(PictureError, match=r"more than 20 frames, or 4000000 pixels in them"):
        read_picture(data, BOUNDS)


@given(st.data())
def test_whatever_bytes_come_they_are_a_picture_or_refused(data):
    start = data.draw(st.sampled_from([b"", *(image(form) for form in FORMS), film(3)]))
    damaged = bytearray(start)
    for _ in range(data.draw(st.integers(0, 8))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged += data.draw(st.binary(max_size=40))
    with suppress(PictureError):
        picture = read_picture(bytes(damaged), BOUNDS)
        assert picture.format in ENDINGS
        assert picture.width * picture.height <= BOUNDS.pixels
