"""A browser without a screen: pages, links, forms with their hidden fields, cookies; nothing but HTTP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx2
from lxml import html  # type: ignore[import-untyped]

from motcua.http import client

File = tuple[str, bytes, str]


class HopFailedError(Exception):
    """Something on the way was not as it should be; the message says what was seen."""


@dataclass
class Form:
    """A form of a page as a person finds it: its fields hold what was prefilled."""

    action: str
    method: str
    fields: dict[str, list[str]]
    choices: dict[str, list[str]]

    def fill(self, values: Mapping[str, str | Iterable[str]]) -> "Form":
        """Fill fields in; a field that the form does not have is a failure of the page."""
        known = self.fields.keys() | self.choices.keys()
        for name, value in values.items():
            if name not in known:
                raise HopFailedError(
                    f"the form {self.action} has no field {name!r}: {sorted(known)}"
                )
            self.fields[name] = [value] if isinstance(value, str) else list(value)
        return self


@dataclass
class Page:
    """What came back: status, address, and the document when it is one."""

    url: str
    status: int
    content: bytes
    headers: Mapping[str, str]
    _document: Any = field(default=None, repr=False)

    @property
    def document(self) -> Any:
        """The parsed page."""
        if self._document is None:
            self._document = html.fromstring(self.content)
        return self._document

    def forms(self) -> list[Form]:
        """Return the page's forms, in order."""
        return [_form(element, self.url) for element in self.document.iter("form")]

    def form(self, part: str, *, having: str = "") -> Form:
        """Return the first form whose address contains ``part`` (and that has a field ``having``)."""
        for form in self.forms():
            if part in form.action and (
                not having or having in form.fields or having in form.choices
            ):
                return form
        raise HopFailedError(
            f"{self.url} has no form to {part!r}: {[f.action for f in self.forms()]}; {self.said()}"
        )

    def link(self, part: str) -> str:
        """Return the first link whose address contains ``part``."""
        for element in self.document.iter("a"):
            if part in (element.get("href") or ""):
                return str(urljoin(self.url, element.get("href")))
        raise HopFailedError(f"{self.url} has no link to {part!r}; {self.said()}")

    def links(self, part: str) -> list[str]:
        """Return all links whose address contains ``part``."""
        found = (e.get("href") or "" for e in self.document.iter("a"))
        return [urljoin(self.url, href) for href in found if part in href]

    def text(self) -> str:
        """Return the words on the page."""
        words: list[str] = self.document.text_content().split()
        return " ".join(words)

    def said(self) -> str:
        """Return what the page says in its main part, shortened, for a failure's message."""
        if "html" not in self.headers.get("content-type", ""):
            return self.content[:200].decode("utf-8", "replace")
        main = self.document.find(".//main")
        element = main if main is not None else self.document
        words: list[str] = element.text_content().split()
        return " ".join(words)[:400]


def _form(element: Any, base: str) -> Form:
    fields: dict[str, list[str]] = {}
    choices: dict[str, list[str]] = {}
    for control in element.iter("input", "select", "textarea"):
        name = control.get("name")
        if not name or control.get("disabled") is not None:
            continue
        kind = (control.get("type") or "text").lower()
        if control.tag == "select":
            options = list(control.iter("option"))
            choices[name] = [o.get("value") or "" for o in options]
            chosen = [o.get("value") or "" for o in options if o.get("selected") is not None]
            fields[name] = chosen or choices[name][:1]
        elif kind in {"radio", "checkbox"}:
            choices.setdefault(name, []).append(control.get("value") or "on")
            if control.get("checked") is not None:
                fields.setdefault(name, []).append(control.get("value") or "on")
        elif kind == "file":
            choices.setdefault(name, [])
        elif kind not in {"submit", "button", "reset", "image"}:
            text = control.text or "" if control.tag == "textarea" else control.get("value") or ""
            fields.setdefault(name, []).append(text)
    for button in element.iter("button"):
        if button.get("name"):
            choices.setdefault(button.get("name"), []).append(button.get("value") or "")
    action = urljoin(base, element.get("action") or base)
    return Form(action, (element.get("method") or "get").lower(), fields, choices)


class Browser:
    """One person's browser; its cookies are its own."""

    def __init__(self) -> None:
        self.http: httpx2.AsyncClient = client(
            follow_redirects=True, headers={"accept": "text/html"}
        )

    async def close(self) -> None:
        """Close the browser."""
        await self.http.aclose()

    async def open(self, url: str, *, expect: int = 200) -> Page:
        """Go to an address."""
        return _page(await self.http.get(url), expect)

    async def submit(
        self,
        form: Form,
        *,
        files: Mapping[str, Iterable[File]] | None = None,
        expect: int = 200,
        again: bool = False,
    ) -> Page:
        """Send a form, with files where there are any, and follow where it leads.

        ``again`` accepts a form that comes back with further questions.
        """
        data: dict[str, Any] = dict(form.fields)
        if form.method == "get":
            pairs = [(k, v) for k, values in form.fields.items() for v in values]
            return _page(await self.http.get(form.action, params=dict(pairs)), expect)
        sent = [(name, file) for name, many in (files or {}).items() for file in many]
        answer = await self.http.post(form.action, data=data, files=sent or None)
        return _page(answer, expect, again=again)


def _page(answer: httpx2.Response, expect: int, *, again: bool = False) -> Page:
    page = Page(str(answer.url), answer.status_code, answer.content, answer.headers)
    # 422 is a form that comes back with what is still needed; whoever sent it looks at it.
    if answer.status_code != expect and not (again and answer.status_code == 422):
        raise HopFailedError(
            f"{answer.request.method} {page.url} answered {page.status} instead of {expect}: "
            f"{page.said() if page.content else ''}"
        )
    return page
