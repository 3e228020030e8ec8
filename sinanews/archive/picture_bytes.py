"""Which bytes are kept as a picture.

They are kept as they were served, for to write them anew would lose what they are: JPEG a little
each time, transparency, animation. So they have to be what they say they are. What can be read to
its end as one of a few formats gets that one's ending, by which servers tell browsers what it is;
nothing in it acts then.
"""

import warnings
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from sinanews.config import Pictures
from sinanews.exceptions import PictureBoundError, PictureError

# By Pillow's names, of which MPO is what several JPEGs in one file are called; endings by which
# servers know them. Not among them: SVG, which may have scripts, and what browsers do not show.
ENDINGS = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
READERS = ("JPEG", "PNG", "GIF", "WEBP")  # that for JPEG finds MPO
FILM = 4  # times the pixels of one picture in all frames of a film: a second's reading

# Pillow warns of a bomb, and refuses only one twice as large. For the whole process, since this is
# read in threads, where filters of warnings cannot be set for a while.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def read_picture(body: bytes, bounds: Pictures) -> Image.Image:
    """A picture's first frame, unpacked, once all of it was looked at.

    Raises PictureError for what is none, or is cut off or damaged, and PictureBoundError for what
    is larger than `bounds`.
    """
    Image.MAX_IMAGE_PIXELS = bounds.pixels
    try:
        image = Image.open(BytesIO(body), formats=READERS)
        _read_frames(image, bounds)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("it is no JPEG, PNG, GIF or WebP") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureBoundError(too_many_pixels(bounds)) from error
    except Exception as error:  # readers of formats raise whatever damage leads them to
        raise PictureError("it cannot be read to its end") from error
    return image


def ending(image: Image.Image) -> str:
    """The ending of a picture's file."""
    assert image.format, "it was read from bytes"
    return ENDINGS[image.format]


def too_many_pixels(bounds: Pictures) -> str:
    """Why a picture is refused that is larger."""
    return f"it has more than {bounds.pixels} pixels (IMAGES_MAX_PIXELS)"


def too_many_frames(bounds: Pictures) -> str:
    """Why a film is refused that is longer."""
    pixels = FILM * bounds.pixels
    return (
        f"it has more than {bounds.frames} frames, or {pixels} pixels in them (IMAGES_MAX_FRAMES)"
    )


def _read_frames(image: Image.Image, bounds: Pictures) -> None:
    """Unpacks one frame after the other, so that what is cut off is found, and goes back to the
    first. Sizes are looked at before anything is unpacked."""
    pixels = image.width * image.height
    if pixels > bounds.pixels:
        raise PictureBoundError(too_many_pixels(bounds))
    most = min(bounds.frames, FILM * bounds.pixels // pixels)
    number = 0
    while True:
        image.load()
        number += 1
        try:
            image.seek(number)
        except EOFError:
            break
        if number >= most:
            raise PictureBoundError(too_many_frames(bounds))
    if number > 1:
        image.seek(0)
        image.load()
