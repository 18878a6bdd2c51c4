"""Files as a browser posts them: which came under a name, and one paper made of them."""

from collections.abc import Sequence

from litestar.datastructures import FormMultiDict, UploadFile

from motcua.errors import TooLarge
from motcua.files.intake import Prepared, prepare
from motcua.files.scan import scanner_of
from motcua.portal.visit import Visit

UPLOAD_BODY = 50_000_000


def uploads(posted: FormMultiDict, key: str) -> list[UploadFile]:
    """Return the files posted under a name; an input left empty gives none."""
    return [p for p in posted.getall(key, []) if isinstance(p, UploadFile) and p.filename]


async def prepared(visit: Visit, parts: Sequence[UploadFile]) -> Prepared:
    """Make one paper of files; no transaction is open. ``TooLarge`` and the errors of ``prepare``."""
    limit = visit.platform.settings.max_upload
    contents = [await part.read(limit + 1) for part in parts]
    if any(len(content) > limit for content in contents):
        megabytes = limit // 1_048_576
        raise TooLarge(
            f"Tệp lớn hơn {megabytes} MB. Hãy chụp hoặc quét lại với độ phân giải thấp hơn.",
            f"The file is larger than {megabytes} MB. Scan it again at a lower resolution.",
        )
    return await prepare(visit.files, contents, scanner_of(visit.platform.settings.clamd))
