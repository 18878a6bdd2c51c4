"""Every error becomes a page for people or problem details for programs (RFC 9457)."""

from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Template

from motcua.errors import Problem, Unavailable, in_words
from motcua.web.here import AnyRequest, Here
from motcua.web.pages import page
from motcua.web.paths import hidden

_log = structlog.get_logger(__name__)

_SAID = {
    400: ("Yêu cầu chưa đúng", "The request is not right"),
    401: ("Cần đăng nhập", "Please sign in"),
    403: ("Yêu cầu bị từ chối", "The request was refused"),
    404: ("Không tìm thấy trang này", "There is no such page"),
    405: ("Thao tác không được hỗ trợ ở địa chỉ này", "This is not possible at this address"),
    413: ("Tệp hoặc nội dung gửi lên quá lớn", "What you sent is too large"),
    415: ("Kiểu dữ liệu không được hỗ trợ", "This kind of data is not supported"),
    429: ("Quá nhiều yêu cầu, hãy thử lại sau ít phút", "Too many requests, try again in a minute"),
    500: (
        "Có lỗi trong hệ thống. Hãy tải lại trang để xem đã lưu đến đâu trước khi làm lại.",
        "Something broke on our side. Reload the page to see what was saved before trying again.",
    ),
}


def _wants_page(request: AnyRequest) -> bool:
    path = request.scope["path"]
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not path.startswith("/api/")


def _body(
    status: int, slug: str, title: str, detail: str, fields: dict[str, str]
) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if slug:
        body["type"] = f"urn:motcua:problem:{slug}"
    if detail and detail != title:
        body["detail"] = detail
    if fields:
        body["errors"] = [{"field": name, "detail": said} for name, said in fields.items()]
    return body


def render(
    request: AnyRequest,
    status: int,
    slug: str,
    said: tuple[str, str, str, str],
    fields: dict[str, str],
) -> Response[Any] | Template:
    """Render one error; ``said`` is title and detail in Vietnamese, then in English."""
    where = request.scope["state"].get("here")
    english = isinstance(where, Here) and where.lang == "en"
    title, detail = (said[2], said[3]) if english else (said[0], said[1])
    told = {name: in_words(words, "en" if english else "vi") for name, words in fields.items()}
    if _wants_page(request) and isinstance(where, Here):
        return page(
            request,
            "error.html",
            status=status,
            title=title,
            sentence=detail,
            errors=told,
            sign_in=status == 401,
        )
    body = _body(status, slug, title, detail, told)
    return Response(body, status_code=status, media_type="application/problem+json")


def problem(request: AnyRequest, error: Problem) -> Any:
    """Render a refusal of our own."""
    said = (error.title_vi, error.vi, error.title_en, error.en)
    return render(request, error.status, error.slug, said, error.fields)


def http_error(request: AnyRequest, error: HTTPException) -> Any:
    """Render an error of the framework, without its internal words; bad JSON keeps its reason."""
    status = error.status_code
    vi, en = _SAID.get(status, _SAID[400 if status < 500 else 500])
    fields: dict[str, str] = {}
    if status == 400 and isinstance(error.extra, list):
        for item in error.extra:
            if isinstance(item, dict) and "message" in item:
                fields[str(item.get("key", "body"))] = str(item["message"])
    return render(request, status, "", (vi, vi, en, en), fields)


def away(request: AnyRequest, error: Exception) -> Any:
    """Render the loss of the database in the middle of a request: nothing of it was stored."""
    _log.warning("database_away", path=hidden(request.scope["path"]), error=type(error).__name__)
    return problem(
        request,
        Unavailable(
            "Cơ sở dữ liệu tạm gián đoạn, hãy thử lại sau ít phút.",
            "The database is away, try again in a few minutes.",
        ),
    )


def crash(request: AnyRequest, error: Exception) -> Any:
    """Render what nobody foresaw: logged with its trace, told without it."""
    _log.error("crash", path=hidden(request.scope["path"]), exc_info=error)
    vi, en = _SAID[500]
    return render(request, 500, "", (vi, vi, en, en), {})
