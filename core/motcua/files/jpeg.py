"""Taking a JPEG's private data off without touching its picture.

Phones write place, time and device into APP1 (Exif, XMP) and hang further pictures behind the end. The
citizen sends a paper, not that. Segment layout: ITU-T T.81 annex B.
"""

import re

_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_SOS, _EOI = 0xDA, 0xD9
_KEEP_APP = {0xE0: b"", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def strip_metadata(data: bytes) -> bytes:
    """Return the JPEG without Exif, XMP, comments and what follows its end; the picture is the same.

    Orientation goes too: read it before. Expects a JPEG that decodes (``ValueError`` otherwise).
    """
    kept = [data[:2]]
    at = 2
    while match := _NEXT_MARKER.search(data, at):
        marker = data[match.end() - 1]
        kept.append(data[at : match.start()])  # entropy-coded data; empty between segments
        if marker == _EOI:
            return b"".join([*kept, b"\xff\xd9"])
        end = match.end() + int.from_bytes(data[match.end() : match.end() + 2], "big")
        if _is_kept(marker, data[match.end() + 2 : end]):
            kept.append(b"\xff" + data[match.end() - 1 : end])
        at = end
    raise ValueError("JPEG without an end")


def _is_kept(marker: int, payload: bytes) -> bool:
    if marker in _KEEP_APP:
        return payload.startswith(_KEEP_APP[marker])
    return not (0xE0 <= marker <= 0xEF or marker == 0xFE)
