"""Extensions of Authlib's code grant: PKCE (RFC 7636) with S256 only, and the issuer in the answer (RFC 9207)."""

import re

from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Error,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]
from authlib.oauth2.rfc9207 import IssuerParameter  # type: ignore[import-untyped]

from motcua.wallet.oauth import Answer

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class S256(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256 and nothing else; the stock class also takes ``plain``, and the absence of a challenge."""

    SUPPORTED_CODE_CHALLENGE_METHOD = (METHOD,)
    CODE_CHALLENGE_METHODS = {METHOD: CodeChallenge.CODE_CHALLENGE_METHODS[METHOD]}  # noqa: RUF012

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        form = grant.request.form
        if form.get("code_challenge_method") != METHOD:
            raise InvalidRequestError("code_challenge_method must be S256")
        if not _CHALLENGE.fullmatch(form.get("code_challenge", "")):
            raise InvalidRequestError("code_challenge is missing or not a SHA-256")
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: AuthorizationCodeGrant, result: object) -> None:
        try:
            super().validate_code_verifier(grant, result)
        except OAuth2Error as error:
            # One that cannot be a verifier does not match either (RFC 7636 section 4.6).
            sentence = "code_verifier does not match code_challenge"
            raise InvalidGrantError(sentence) from error


class Issuer(IssuerParameter):  # type: ignore[misc]
    """``iss`` in every authorization response (RFC 9207): that of the request, as one server has many issuers."""

    def __call__(self, grant: AuthorizationCodeGrant) -> None:
        grant.register_hook("after_authorization_response", self.add_issuer_parameter)

    def add_issuer_parameter(self, grant: AuthorizationCodeGrant, response: Answer) -> None:
        if response.location:
            said = {"iss": grant.request.issuer}
            response.location = add_params_to_uri(response.location, said)
