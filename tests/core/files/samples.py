"""Small files of every kind, made here: nothing in them is real."""

import io

import pikepdf
from PIL import Image, ImageDraw


def picture(
    size: tuple[int, int] = (600, 400), kind: str = "JPEG", mode: str = "RGB", **options: object
) -> bytes:
    """Return a picture with a black mark in its upper left corner."""
    image = Image.new(mode, size, 255 if mode in {"1", "L"} else "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill=0)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned_picture(orientation: int, size: tuple[int, int] = (600, 400)) -> bytes:
    """Return a JPEG with an Exif orientation and a (synthetic) place in it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SYNTHETIC-CAMERA"
    return picture(size, exif=exif.tobytes())


def tiff(pages: int, mode: str = "1", size: tuple[int, int] = (800, 1100)) -> bytes:
    """Return a TIFF of several pages."""
    images = [Image.new(mode, size, 255 if mode in {"1", "L"} else "white") for _ in range(pages)]
    for number, image in enumerate(images):
        ImageDraw.Draw(image).rectangle((10, 10, 100 + 50 * number, 100), fill=0)
    out = io.BytesIO()
    images[0].save(
        out,
        "TIFF",
        save_all=True,
        append_images=images[1:],
        compression="group4" if mode == "1" else "tiff_deflate",
    )
    return out.getvalue()


def pdf(pages: int = 1, /, **root: object) -> bytes:
    """Return a PDF of empty pages; ``root`` adds entries to its catalogue (``OpenAction=...``)."""
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page(page_size=(595, 842))
    for key, value in root.items():
        made.Root[f"/{key}"] = value
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def locked_pdf(*, user: str) -> bytes:
    """Return a PDF with a password; with ``user=""`` it opens but is still restricted."""
    made = pikepdf.new()
    made.add_blank_page()
    out = io.BytesIO()
    made.save(out, encryption=pikepdf.Encryption(user=user, owner="synthetic"))
    return out.getvalue()
