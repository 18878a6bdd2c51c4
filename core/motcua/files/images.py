"""Opening images that strangers sent: four formats, a pixel limit, and no trust in the header."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from motcua.errors import Invalid, Problem, TooLarge, Unsupported

MAX_PIXELS = 64_000_000
"""Pixels of one image: an 8,000 x 8,000 scan; decoded as RGB it takes 192 MB."""

MAX_FRAMES = 200
"""Pages of one TIFF."""

UPLOAD_PIXELS = 400_000_000
"""Pixels of all pictures of one upload together: a hundred pages of A4 at 200 dpi."""

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")
_MIMES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG of a phone that carries a second, smaller picture
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
}


@dataclass
class PixelBudget:
    """What one upload may decode: small files that unfold to hundreds of large pages exhaust a machine."""

    left: int = UPLOAD_PIXELS

    def spend(self, image: Image.Image) -> None:
        """Take one picture off, by its header and before it is decoded; ``TooLarge`` when it is too much."""
        self.left -= image.width * image.height
        if self.left < 0:
            raise TooLarge(
                f"Các ảnh gửi cùng một lần có tổng cộng hơn {UPLOAD_PIXELS // 1_000_000} triệu điểm "
                "ảnh. Vui lòng quét ở 200 dpi hoặc gửi ít trang hơn mỗi lần.",
                f"The pictures sent together have more than {UPLOAD_PIXELS // 1_000_000} million "
                "pixels. Please scan at 200 dpi or send fewer pages at a time.",
            )


def mime_of(image: Image.Image) -> str:
    """Return the media type of an image that ``open_image`` opened."""
    return _MIMES[image.format or ""]


def open_image(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Open an image without decoding it yet, and refuse what is none or is a decompression bomb.

    Raises ``Unsupported`` when it is not JPEG, PNG, WebP or TIFF, ``TooLarge`` above ``max_pixels``,
    ``Invalid`` when the header is damaged.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise Unsupported(
            "Tệp này không phải là ảnh JPEG, PNG, WebP hoặc TIFF.",
            "This file is not a JPEG, PNG, WebP or TIFF image.",
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(max_pixels) from error
    except Exception as error:  # a decoder fed with broken bytes raises whatever it likes
        raise _damaged() from error
    if image.width * image.height > max_pixels:
        raise _too_many_pixels(max_pixels)
    return image


def frames(
    image: Image.Image, *, max_pixels: int = MAX_PIXELS, budget: PixelBudget | None = None
) -> Iterator[Image.Image]:
    """Decode every page of a TIFF, or the one picture of any other format; ``Invalid`` when cut off.

    ``budget`` is what the whole upload may decode.

    An animation is refused: nobody can say which of its pictures is the paper.
    """
    count = _count(image)
    if count > 1 and image.format != "TIFF":
        raise Unsupported(
            "Ảnh động không được chấp nhận; vui lòng gửi ảnh tĩnh.",
            "Animated pictures are not accepted; please send a still picture.",
        )
    if count > MAX_FRAMES:
        raise TooLarge(
            f"Tệp có {count} trang; tối đa {MAX_FRAMES} trang. Vui lòng tách thành nhiều tệp.",
            f"The file has {count} pages; the limit is {MAX_FRAMES}. Please split it.",
        )
    for number in range(count):
        yield _frame(image, number, max_pixels, budget)


def _count(image: Image.Image) -> int:
    """Return how many pictures there are; a TIFF is read through for that."""
    if image.format == "MPO":
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as error:  # as in open_image
        raise _damaged() from error


def _frame(
    image: Image.Image, number: int, max_pixels: int, budget: PixelBudget | None
) -> Image.Image:
    try:
        if number:
            image.seek(number)
        if image.width * image.height <= max_pixels:
            if budget:
                budget.spend(image)
            image.load()
            return image
    except Problem:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(max_pixels) from error
    except Exception as error:  # as above
        raise _damaged() from error
    raise _too_many_pixels(max_pixels)


def _too_many_pixels(limit: int) -> TooLarge:
    millions = limit // 1_000_000
    return TooLarge(
        f"Ảnh có kích thước quá lớn; tối đa {millions} triệu điểm ảnh. "
        "Vui lòng chụp hoặc quét lại ở độ phân giải thấp hơn.",
        f"The picture has too many pixels; the limit is {millions} million. "
        "Please photograph or scan it again at a lower resolution.",
    )


def _damaged() -> Invalid:
    return Invalid(
        "Ảnh bị hỏng hoặc chưa tải lên đủ; vui lòng chụp hoặc tải lại.",
        "The picture is damaged or incomplete; please take or upload it again.",
    )
