"""How protocol endpoints answer: OAuth JSON, open to wallets of every origin, never cached unless said so.

Errors are ``{"error", "error_description"}`` (RFC 6749 section 5.2): a code for programs and an ASCII sentence.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from motcua.errors import Problem
from motcua.wallet import jose
from motcua.wallet.refusal import CredentialError

_log = structlog.get_logger(__name__)
_FORM = "application/x-www-form-urlencoded"
_CODES = {
    404: ("not_found", "there is nothing at this address"),
    405: ("invalid_request", "this method is not supported here"),
    413: ("invalid_request", "the request is too large"),
    415: ("invalid_request", "this kind of content is not supported"),
}
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, WWW-Authenticate, DPoP-Nonce",
}
PREFLIGHT = {
    **CORS,
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "Accept, Authorization, Content-Type, DPoP, If-None-Match, "
    "OAuth-Client-Attestation, OAuth-Client-Attestation-PoP",
    "access-control-max-age": "600",
}


class ProtocolError(Problem):
    """A refusal with a code of the protocol; ``description`` is ASCII English."""

    def __init__(
        self,
        error: str,
        description: str,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__("Yêu cầu của ví không được chấp nhận.", description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})


def json_answer(
    body: Mapping[str, Any],
    status: int = 200,
    *,
    max_age: int | None = None,
    more: Mapping[str, str] | None = None,
) -> Response[Any]:
    """Return a JSON answer; with ``max_age`` (seconds) anybody may keep it. ``more`` are headers."""
    headers = {**CORS, "cache-control": _cache(max_age), **(more or {})}
    return Response(dict(body), status_code=status, headers=headers, media_type="application/json")


def text_answer(text: str, media_type: str, **headers: str) -> Response[Any]:
    """Return a signed token in its own media type; not cached unless ``cache_control`` is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    all_headers = {**CORS, "cache-control": "no-store", **named}
    return Response(text.encode(), headers=all_headers, media_type=media_type, status_code=200)


async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the fields of a form body; a field that comes twice is refused (RFC 6749 section 3.2)."""
    if not request.headers.get("content-type", "").lower().startswith(_FORM):
        raise ProtocolError("invalid_request", f"the body must be {_FORM}")
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, max_num_fields=50
        )
    except ValueError as error:
        raise ProtocolError("invalid_request", "the form cannot be read") from error
    fields = dict(pairs)
    if any("\0" in text for pair in pairs for text in pair):
        # The database refuses it only deep inside.
        raise ProtocolError("invalid_request", "the form holds a NUL")
    if len(fields) != len(pairs):
        raise ProtocolError("invalid_request", "a parameter is given twice")
    return fields


async def json_of(request: Request[Any, Any, Any], error: str) -> dict[str, Any]:
    """Return the JSON object of a body; ``error`` is the endpoint's code for a body that is none."""
    try:
        return jose.json_object(await request.body())
    except CredentialError as reason:
        raise ProtocolError(error, f"the body is {reason.description}") from reason


def refused(request: Request[Any, Any, Any], error: Problem) -> Response[Any]:
    """Render a refusal of our own; a refused token is told in the scheme it came with (RFC 9449 7.1)."""
    if isinstance(error, ProtocolError):
        answer = _error(error.status, error.error, error.description)
        answer.headers.update(error.headers)
        if error.status == 401 and _speaks_dpop(request):
            challenge = f'DPoP error="{error.error}", algs="{jose.ALGORITHM}"'
            answer.headers["www-authenticate"] = challenge
        return answer
    if isinstance(error, CredentialError):
        return _error(400, error.reason_code, error.description)
    return _error(error.status, error.slug.replace("-", "_"), error.en)


def failed(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Render an error of the framework."""
    code, sentence = _CODES.get(error.status_code, ("invalid_request", "the request is not right"))
    return _error(error.status_code, code, sentence)


def crashed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Render what nobody foresaw: logged with its trace, told without it."""
    _log.error("crash", handler=str(request.route_handler), exc_info=error)
    return _error(500, "server_error", "something broke on our side")


def _error(status: int, code: str, sentence: str) -> Response[Any]:
    ascii_only = sentence.encode("ascii", "replace").decode()
    answer = json_answer({"error": code, "error_description": ascii_only}, status)
    if status == 401:
        answer.headers["www-authenticate"] = f'Bearer error="{code}"'
    return answer


def _speaks_dpop(request: Request[Any, Any, Any]) -> bool:
    scheme = request.headers.get("authorization", "").partition(" ")[0]
    return "dpop" in request.headers or scheme.lower() == "dpop"


def _cache(max_age: int | None) -> str:
    return "no-store" if max_age is None else f"public, max-age={max_age}"
