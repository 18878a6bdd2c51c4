"""Whose facts stand on a page of a form: a paper of somebody else must not leave one person's beside another's name.

A page asks about one person when its questions take facts about a person from the identity (``prefill``). When a
paper is of another person than the identity, or than a paper before, what those gave to the page's other questions
is taken out again: the applicant fills it in, or brings another paper. What he typed himself stays his own word.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from motcua.catalogue.fields import Field
from motcua.catalogue.form_view import as_typed
from motcua.portal.sheets import Sheet
from motcua.wallet.vocabulary import ADDRESS, BIRTH, NAME, NUMBER, SEX

_ABOUT = (NAME, NUMBER, BIRTH, SEX, ADDRESS)
_WHO = (NAME, BIRTH)

Facts = dict[str, str]
"""What is known of a person, by fact (``person.full_name``), as typed."""


def facts(sheet: Sheet, keys: Sequence[str]) -> Facts:
    """Return what these questions' answers say of a person now."""
    asked = {field.key: field.prefill for field in sheet.form.fields()}
    answers = sheet.content.answers
    return {asked[k]: str(answers[k]) for k in keys if asked.get(k) in _ABOUT and answers.get(k)}


def beside(sheet: Sheet, keys: Sequence[str]) -> list[str]:
    """Return these questions and those that ask about the same person on the same pages.

    Where a page asks a fact of two people, only questions that a paper may answer (``wallet``) go together.
    """
    found: list[str] = []
    for _, page in sheet.pages():
        asked = [i.field for i in page.every() if "." not in i.path and _personal(i.field)]
        if not {field.key for field in asked} & set(keys):
            continue
        kinds = [field.prefill for field in asked]
        two = len(kinds) > len(set(kinds))
        found += [field.key for field in asked if field.wallet or not two]
    return found


def settle(sheet: Sheet, taken: Sequence[str], before: Facts) -> list[str]:
    """Take out what an identity or a paper of another person gave beside ``taken``; returns which answers are gone.

    ``taken`` are the answers that a paper has just given, ``before`` is what stood on their pages until then. When
    the paper is the signed-in person's own, his identity's values come back in the place of another's.
    """
    content, now = sheet.content, facts(sheet, taken)
    own, typed = _identity(sheet)
    mine = bool({NUMBER, *_WHO} & own.keys() & now.keys()) and _same(own, now)
    gone = []
    for key in beside(sheet, taken):
        if key in taken or not content.answers.get(key):
            continue
        source = content.sourced.get(key)
        if source is not None and source.typed == content.answers[key]:
            other = not _same(before, now)
        else:
            other = content.answers[key] == typed.get(key) and not _same(own, now)
        if not other:
            continue
        content.sourced.pop(key, None)
        del content.answers[key]
        if mine and key in typed:
            content.answers[key] = typed[key]
        else:
            gone.append(key)
    sheet.changed()
    return gone


def _personal(asked: Field) -> bool:
    return asked.prefill in _ABOUT and not asked.locked and not asked.computed


def _identity(sheet: Sheet) -> tuple[Facts, dict[str, Any]]:
    """Return what the identity says, as typed: by fact, and by question."""
    initial = sheet.form.initial(sheet.content.prefill)
    asked = [f for f in sheet.form.fields() if f.prefill in _ABOUT and f.key in initial]
    typed = {field.key: as_typed(field, initial[field.key]) for field in asked}
    return {field.prefill: str(typed[field.key]) for field in asked}, typed


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two may be the same person: the number decides, else nothing that both tell differs."""
    if NUMBER in one and NUMBER in other:
        return one[NUMBER] == other[NUMBER]
    return all(
        _plain(one[fact]) == _plain(other[fact]) for fact in _WHO if fact in one and fact in other
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
