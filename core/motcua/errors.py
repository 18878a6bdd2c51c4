"""What can go wrong, said in the user's words.

An error knows its HTTP status and its sentence in Vietnamese and English; one handler (``motcua.web``)
renders all of them, as a page or as problem details (RFC 9457).
"""

from collections.abc import Mapping
from typing import Self


class Both(str):
    """A sentence that is its Vietnamese wherever text is wanted, and knows its English.

    So what stands beside a field can wait for the language until somebody looks (``in_words``).
    """

    __slots__ = ("en",)
    en: str

    def __new__(cls, vi: str, en: str) -> Self:
        """Keep both; the text itself is the Vietnamese."""
        sentence = super().__new__(cls, vi)
        sentence.en = en
        return sentence


def in_words(said: str, lang: str) -> str:
    """Return a sentence in one language, as plain text; one that has no English stays as it is."""
    return said.en if lang == "en" and isinstance(said, Both) else str(said)


def _both(said: str | tuple[str, str], vi: str, en: str) -> str:
    """Keep a field's sentence in both languages; the problem's own has its English already."""
    if isinstance(said, tuple):
        return Both(*said)
    return Both(vi, en) if said == vi and en and not isinstance(said, Both) else said


class Problem(Exception):  # noqa: N818 -- the word of RFC 9457
    """A refusal that a person can act on.

    ``vi`` and ``en`` say what is wrong and what to do next. ``fields`` maps a field name of the form to
    the sentence that stands beside it, as a pair of Vietnamese and English or as one text; kept as ``Both``
    where there are two. Nothing was changed when a Problem is raised: the transaction around it is rolled
    back.
    """

    status = 400
    slug = "problem"
    title_vi = "Yêu cầu không thực hiện được"
    title_en = "The request cannot be carried out"

    def __init__(
        self,
        vi: str = "",
        en: str = "",
        *,
        fields: Mapping[str, str | tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(en or vi or self.title_en)
        self.vi = vi or self.title_vi
        self.en = en or vi or self.title_en
        self.fields: dict[str, str] = {
            name: _both(said, vi, en) for name, said in (fields or {}).items()
        }

    def said(self, lang: str) -> str:
        """Return what is wrong in one language."""
        return self.en if lang == "en" else self.vi


class Invalid(Problem):
    """What was entered is not right; ``fields`` says where."""

    status = 422
    slug = "invalid"
    title_vi = "Thông tin chưa hợp lệ"
    title_en = "Some information is not valid"


class SignInNeeded(Problem):
    """Nobody is signed in."""

    status = 401
    slug = "sign-in-needed"
    title_vi = "Cần đăng nhập"
    title_en = "Please sign in"


class Forbidden(Problem):
    """Somebody is signed in who may not do this."""

    status = 403
    slug = "forbidden"
    title_vi = "Không có quyền thực hiện"
    title_en = "You may not do this"


class NotFound(Problem):
    """The thing does not exist, or not for this person or this tenant: the two look the same."""

    status = 404
    slug = "not-found"
    title_vi = "Không tìm thấy"
    title_en = "Not found"


class Conflict(Problem):
    """The thing is in a state that does not allow this, usually because it was done already."""

    status = 409
    slug = "conflict"
    title_vi = "Trạng thái không cho phép"
    title_en = "The current state does not allow this"


class Gone(Problem):
    """It was there once: an offer that ran out, a session that was wiped."""

    status = 410
    slug = "gone"
    title_vi = "Đã hết hiệu lực"
    title_en = "No longer valid"


class TooLarge(Problem):
    """An upload above the limit."""

    status = 413
    slug = "too-large"
    title_vi = "Tệp quá lớn"
    title_en = "The file is too large"


class Unsupported(Problem):
    """A file of a kind that is not accepted, judged by its content and not by its name."""

    status = 415
    slug = "unsupported"
    title_vi = "Loại tệp không được chấp nhận"
    title_en = "This kind of file is not accepted"


class TooManyTries(Problem):
    """A secret was guessed at too often; waiting helps."""

    status = 429
    slug = "too-many-tries"
    title_vi = "Đã thử quá nhiều lần"
    title_en = "Too many tries"


class Unavailable(Problem):
    """Another system does not answer; trying again later helps."""

    status = 503
    slug = "unavailable"
    title_vi = "Dịch vụ tạm thời gián đoạn"
    title_en = "The service is temporarily unavailable"
