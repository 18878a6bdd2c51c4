"""Files out of a posted form."""

from typing import Any

from litestar.datastructures import UploadFile

from motcua.errors import TooLarge
from motcua.files.sniff import in_words


async def contents(form: Any, key: str, limit: int) -> list[bytes]:
    """Return the files posted under a name, in their order; an input left empty gives none.

    ``TooLarge`` for a file above ``limit`` bytes.
    """
    found = []
    for item in form.getall(key, []):
        if not isinstance(item, UploadFile) or not item.filename:
            continue
        data = await item.read(limit + 1)
        if len(data) > limit:
            raise TooLarge(
                f"Tệp lớn hơn {in_words(limit)}. Hãy quét ở 200 dpi hoặc tách thành nhiều tệp.",
                f"The file is larger than {in_words(limit)}. Scan it at 200 dpi or split it.",
            )
        found.append(data)
    return found


def texts(form: Any) -> dict[str, list[str]]:
    """Return the texts of a posted form by name, without files."""
    return {
        name: [value for value in form.getall(name) if isinstance(value, str)] for name in set(form)
    }
