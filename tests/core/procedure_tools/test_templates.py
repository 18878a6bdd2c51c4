"""Templates tried out by the linter."""

from typing import Any

import pytest

from motcua.catalogue.examples import play
from motcua.catalogue.lint_finding import LintFinding
from motcua.catalogue.packages import Package
from motcua.procedure_tools.templates import lint_templates
from tests.core.catalogue.builders import package_data
from tests.core.catalogue.drawn import scenario

DATA = '#let data = json(bytes(sys.inputs.at("data", default: "{}")))\n#set document(title: "T")\n'
RESULT = {
    "key": "r",
    "name_vi": "R",
    "name_en": "R",
    "template": "r.typ",
    "claims": {"copies": "copies"},
}


def _found(text: str, **more: Any) -> list[LintFinding]:
    data = package_data(result=RESULT) | {"templates": {"r.typ": DATA + text} | more}
    package = Package.from_data(data | {"scenarios": [scenario()]})
    return lint_templates(package, [play(package, s) for s in package.scenarios])


def test_a_good_template_has_no_finding() -> None:
    assert (
        _found('Số bản: #data.claims.at("copies", default: "")\n// ✗ in a comment is not set') == []
    )


def test_a_template_that_fails_without_a_claim_is_an_error() -> None:
    (found,) = _found('#data.claims.at("copies")')
    assert (found.severity, found.file) == ("error", "r.typ")
    assert "copies" in found.en
    assert "default: none" in found.do_en


def test_a_letter_without_a_glyph_is_an_error_even_where_no_sample_leads() -> None:
    (found,) = _found('#if data.claims.at("copies", default: 0) == 77 [Chữ Nôm: 𡨸喃]')
    assert (found.severity, found.file) == ("error", "r.typ")
    assert "𡨸" in found.vi


def test_a_font_that_is_not_there_is_a_warning() -> None:
    found = _found('#set text(font: "No Such Font")\nx')
    assert [f.severity for f in found] == ["warning"]
    assert "no such font" in found[0].en


@pytest.mark.parametrize("text", ['"quoted" \\\\ back', "Ế Ố Ữ đ ₫ …"])
def test_letters_are_quoted_rightly(text: str) -> None:
    assert _found(text) == []


def test_a_package_without_templates_starts_nothing() -> None:
    assert lint_templates(Package.from_data(package_data()), []) == []
