"""Take pictures of all faces into ``screenshots/``, and the four of the README into ``docs/pictures``.

Walks the browser tests, which look at every page at the width of a phone and of a desk anyway.
"""

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
TAKEN, SHOWN = ROOT / "screenshots", ROOT / "docs" / "pictures"
MOST_BYTES = 200_000
# Name, the picture it is made of, width, and the height after which a long page is cut.
CHOSEN = (
    ("portal", "portal-home-390", 390, 844),
    ("counter", "desk-counter-dossier-1280", 1280, 900),
    ("board", "board-1920", 960, 540),
    ("wallet", "wallet-home-390", 390, 844),
)


def main() -> None:
    """Take the pictures; a failed walk ends with its exit code."""
    walk = [sys.executable, "-m", "pytest", "-q", "tests/e2e/test_faces.py"]
    done = subprocess.run(  # noqa: S603 -- our own tests
        walk, cwd=ROOT, env={**os.environ, "MOTCUA_PICTURES": str(TAKEN)}, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)
    SHOWN.mkdir(parents=True, exist_ok=True)
    for name, source, width, height in CHOSEN:
        size = show(TAKEN / f"{source}.png", SHOWN / f"{name}.png", width, height)
        print(f"{name}.png {size // 1000} kB")


def show(source: Path, target: Path, width: int, height: int) -> int:
    """Write a picture small enough for a page; returns its size in bytes."""
    with Image.open(source) as taken:
        image = taken.convert("RGB")
    if image.width != width:
        image = image.resize((width, round(image.height * width / image.width)))
    image = image.crop((0, 0, width, min(height, image.height)))
    # Screens have few colours; a palette keeps them small and sharp.
    image.quantize(128).save(target, optimize=True)
    size = target.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{target} has {size} bytes, more than {MOST_BYTES}")
    return size


if __name__ == "__main__":
    main()
