"""Whether a form can work at all: looked through when a package is read, before anybody sees it."""

from collections import ChainMap
from collections.abc import Mapping, Sequence

from motcua.catalogue.fields import sample
from motcua.catalogue.form_fields import (
    CHOOSING,
    COMPUTED,
    COUNTED,
    HOLDERS,
    REPEATED,
    WALLET_KINDS,
    Field,
    every,
)
from motcua.catalogue.form_rules import is_name, try_expression
from motcua.catalogue.form_walk import Page
from motcua.catalogue.reading import PackageError

PAGES = 60
FIELDS = 1500
_DEPTH = 3

RESERVED = frozenset({"answers", "person", "dossier", "draft"})
"""Names that expressions of a package use for other things than answers."""


def check_form(pages: Sequence[Page], file: str) -> None:
    """Raise ``PackageError`` at the first place that cannot work."""
    if not pages or len(pages) > PAGES:
        raise PackageError(file, "pages", f"1 to {PAGES} pages")
    if sum(1 for page in pages for _ in every(page.fields)) > FIELDS:
        raise PackageError(file, "pages", f"at most {FIELDS} fields in all")
    checker = _Checker(file)
    before: dict[str, object] = {}
    for number, page in enumerate(pages):
        where = f"pages[{number}]"
        try_expression(page.show_when, before, file, f"{where}.show_when")
        checker.check(page.fields, before, before, where)


class _Checker:
    """Goes through a form in the order in which it is asked; what stands before is known."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.groups: set[str] = set()

    def check(
        self,
        fields: Sequence[Field],
        own: dict[str, object],
        scope: Mapping[str, object],
        where: str,
        depth: int = 1,
        *,
        inside: bool = False,
    ) -> None:
        """Check questions; ``own`` gains their samples, ``scope`` is what their rules see."""
        for number, field in enumerate(fields):
            at = f"{where}.fields[{number}]"
            self._key(field, own, at)
            self._kind(field, at, inside=inside)
            self._choices(field, at)
            self._rules(field, scope, at)
            if field.kind in HOLDERS:
                self._inside(field, own, scope, at, depth)
            if field.kind != "group":
                own[field.key] = sample(field)

    def wrong(self, key: str, expected: str) -> PackageError:
        return PackageError(self.file, key, expected)

    def _key(self, field: Field, own: Mapping[str, object], at: str) -> None:
        taken = field.key in own or field.key in RESERVED or field.key in self.groups
        if taken or field.key == "confirmed":
            raise self.wrong(f"{at}.key", f"a key that is not taken, not {field.key!r}")
        if not is_name(field.key):
            raise self.wrong(f"{at}.key", f"a key that is no word of FEEL, not {field.key!r}")

    def _kind(self, field: Field, at: str, *, inside: bool) -> None:
        if self.file == "draft.toml" and (field.kind in HOLDERS or field.kind == "attachment"):
            raise self.wrong(
                f"{at}.kind", "a plain question: an officer's draft has no rows or files"
            )
        if inside and (field.kind in REPEATED or field.kind == "representative"):
            raise self.wrong(f"{at}.kind", f"no {field.kind} inside a row")
        plain = field.kind in WALLET_KINDS and not field.computed and not field.locked
        if field.wallet and (inside or not plain or self.file == "draft.toml"):
            raise self.wrong(f"{at}.wallet", "nothing: only a plain, open question is answered so")
        if inside and field.prefill:
            raise self.wrong(f"{at}.prefill", "no prefill inside a row")
        if field.kind == "declaration" and at.count("fields") > 1:
            raise self.wrong(f"{at}.kind", "a declaration stands on a page by itself")
        if (field.min_rows or field.max_rows or field.row_vi) and field.kind not in REPEATED:
            raise self.wrong(f"{at}.min_rows", "nothing: only rows are counted")
        if field.max_rows and field.max_rows < field.least:
            raise self.wrong(f"{at}.max_rows", f"at least {field.least}")
        if field.kind == "attachment" and not field.slot:
            raise self.wrong(f"{at}.slot", "the key of the paper that is handed in")
        if field.slot and field.kind not in ("attachment", "representative"):
            raise self.wrong(f"{at}.slot", f"nothing: {field.kind} hands in no paper")
        if field.statistics and field.kind not in COUNTED:
            raise self.wrong(f"{at}.statistics", f"one of the kinds {sorted(COUNTED)}")
        if field.locked and not field.prefill:
            raise self.wrong(f"{at}.locked", "a prefill source for a locked field")
        if field.min is not None and field.max is not None and field.min > field.max:
            raise self.wrong(f"{at}.min", f"at most {field.max}")

    def _choices(self, field: Field, at: str) -> None:
        chosen = field.kind in CHOOSING
        if chosen != bool(field.choices):
            expected = "at least one choice" if chosen else f"nothing: {field.kind} has no choices"
            raise self.wrong(f"{at}.choices", expected)
        if len({choice.value for choice in field.choices}) != len(field.choices):
            raise self.wrong(f"{at}.choices", "values that differ")

    def _rules(self, field: Field, scope: Mapping[str, object], at: str) -> None:
        try_expression(field.show_when, scope, self.file, f"{at}.show_when")
        if not field.computed:
            return
        if field.kind not in COMPUTED or field.required or field.prefill:
            kinds = sorted(COMPUTED)
            raise self.wrong(f"{at}.computed", f"a kind of {kinds}, not required, no prefill")
        try_expression(field.computed, scope, self.file, f"{at}.computed")

    def _inside(
        self,
        field: Field,
        own: dict[str, object],
        scope: Mapping[str, object],
        at: str,
        depth: int,
    ) -> None:
        if depth > _DEPTH:
            raise self.wrong(f"{at}.kind", f"at most {_DEPTH} levels")
        if field.kind in ("group", "rows") and not field.fields:
            raise self.wrong(f"{at}.fields", "at least one question")
        if field.kind == "group":
            self.groups.add(field.key)
            self.check(field.fields, own, scope, at, depth + 1, inside=scope is not own)
            return
        brought = [part for part in field.parts() if part not in field.fields]
        row = {part.key: sample(part) for part in brought}
        self.check(field.fields, row, ChainMap(row, scope), at, depth + 1, inside=True)  # type: ignore[arg-type]
