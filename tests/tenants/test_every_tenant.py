import csv
import re
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from motcua.catalogue.overlay import apply
from motcua.catalogue.packages import Package, load_packages
from motcua.onboarding_halls import Hall, halls_of
from motcua.queues.advice import kilometres
from motcua.queues.policy import Policy

ROOT = Path(__file__).parents[2]
TENANTS = sorted(path.parent for path in (ROOT / "tenants").glob("*/tenant.toml"))
PROVINCES = [folder for folder in TENANTS if (folder / "units.csv").exists()]
COUNTS = {"quang-ninh": 54, "ha-noi": 126, "thai-nguyen": 92}
COLUMNS = ["code", "name", "kind", "latitude", "longitude", "area_km2", "agency_code"]
AGENCY = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,3}){0,3}")
PACKAGES: dict[tuple[str, str], Package] = {
    (package.code, package.version): package
    for folder in sorted((ROOT / "plugins").glob("*/*/procedures"))
    for package in load_packages(folder)
}

every_tenant = pytest.mark.parametrize("folder", TENANTS, ids=lambda folder: folder.name)
every_province = pytest.mark.parametrize("folder", PROVINCES, ids=lambda folder: folder.name)


def _toml(folder: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((folder / name).read_text(encoding="utf-8"))


def _units(folder: Path) -> list[dict[str, str]]:
    with (folder / "units.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of ``#rrggbb``."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_in_the_standard() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_three_provinces_and_the_national_office_are_here() -> None:
    assert {folder.name for folder in TENANTS} == {*COUNTS, "quoc-gia"}
    assert {folder.name for folder in PROVINCES} == set(COUNTS)


@every_tenant
def test_every_toml_file_parses(folder: Path) -> None:
    for path in folder.glob("*.toml"):
        assert _toml(folder, path.name)


@every_tenant
def test_a_tenant_says_who_it_is(folder: Path) -> None:
    tenant = _toml(folder, "tenant.toml")
    assert tenant["slug"] == tenant["host"] == folder.name
    assert tenant["kind"] == ("province" if folder in PROVINCES else "national")
    assert tenant["name"]
    assert tenant["short_name"]
    assert isinstance(tenant["agency_code_confirmed"], bool)
    assert "admin" in tenant["plugins"]
    assert len(set(tenant["plugins"])) == len(tenant["plugins"])


@every_tenant
def test_text_on_the_theme_can_be_read(folder: Path) -> None:
    theme = _toml(folder, "tenant.toml")["theme"]
    assert _contrast(theme["brand"], theme["brand_ink"]) >= 4.5
    assert _contrast(theme["brand"], "#ffffff") >= 4.5
    assert re.fullmatch("#[0-9a-f]{6}", theme["accent"])


@every_tenant
def test_both_languages_say_the_same_things(folder: Path) -> None:
    texts = _toml(folder, "texts.toml")
    assert set(texts["vi"]) == set(texts["en"])
    assert all(texts[lang][key].strip() for lang in ("vi", "en") for key in texts["vi"])


@every_province
def test_every_unit_is_here_once(folder: Path) -> None:
    units = _units(folder)
    assert len(units) == COUNTS[folder.name]
    assert list(units[0]) == COLUMNS
    assert len({unit["code"] for unit in units}) == len(units)
    assert len({unit["agency_code"] for unit in units}) == len(units)
    assert all(re.fullmatch("[0-9]{5}", unit["code"]) for unit in units)
    assert {unit["kind"] for unit in units} <= {"ward", "commune", "special_zone"}


@every_province
def test_units_lie_in_viet_nam_and_carry_the_tenants_agency_code(folder: Path) -> None:
    tenant = _toml(folder, "tenant.toml")
    for unit in _units(folder):
        assert 8 < float(unit["latitude"]) < 24
        assert 102 < float(unit["longitude"]) < 118
        assert float(unit["area_km2"]) > 0
        assert AGENCY.fullmatch(unit["agency_code"])
        assert unit["agency_code"].startswith(tenant["agency_code"] + ".")
    assert tenant["unit"]["agency_code"] not in {u["agency_code"] for u in _units(folder)}
    assert tenant["unit"]["code"] == tenant["province_code"]


@every_province
def test_no_two_units_stand_on_one_place(folder: Path) -> None:
    """A unit whose place is not known was given that of the province's capital, and so that of another one."""
    places = [
        (unit["name"], (float(unit["latitude"]), float(unit["longitude"])))
        for unit in _units(folder)
    ]
    for (name, place), (other, there) in combinations(places, 2):
        assert kilometres(place, there) > 1, (name, other)


def test_hong_gai_has_the_agency_code_of_the_worked_examples() -> None:
    units = {unit["code"]: unit for unit in _units(ROOT / "tenants" / "quang-ninh")}
    assert units["06685"]["name"] == "Phường Hồng Gai"
    assert units["06685"]["agency_code"] == "H49.12"


@every_province
def test_sites_stand_in_units_and_every_line_is_served(folder: Path) -> None:
    sites = _halls(folder)
    known = {u["code"] for u in _units(folder)} | {_toml(folder, "tenant.toml")["unit"]["code"]}
    assert len({site.key for site in sites}) == len(sites)
    for site in sites:
        letters = [line["letter"] for line in site.lines]
        served = {letter for counter in site.counters for letter in counter["lines"]}
        assert site.unit in known
        assert len(set(letters)) == len(letters)
        assert served == set(letters)
        assert 3 <= len(site.counters) <= 4
        assert len({counter["number"] for counter in site.counters}) == len(site.counters)
        assert any("*" in line["fields"] for line in site.lines), "no wrong door"


def test_every_commune_of_quang_ninh_has_a_hall_and_so_has_the_province() -> None:
    halls = _halls(ROOT / "tenants" / "quang-ninh")
    assert len(halls) == 55
    assert len({hall.unit for hall in halls}) == 55
    names = {hall.key: hall.name for hall in halls}
    assert names["mong-cai-1"].endswith("phường Móng Cái 1")


@every_province
def test_the_calling_rules_of_a_tenant_can_be_read(folder: Path) -> None:
    said = _toml(folder, "sites.toml")["policy"]
    assert Policy.of({k: v for k, v in said.items() if k not in ("version", "valid_from")})


def _halls(folder: Path) -> list[Hall]:
    names = {unit["code"]: unit["name"] for unit in _units(folder)}
    return halls_of(_toml(folder, "sites.toml"), names)


@every_province
def test_adopted_procedures_exist_and_their_overlays_fit(folder: Path) -> None:
    plugins = _toml(folder, "tenant.toml")["plugins"]
    adopted = _toml(folder, "procedures.toml")["procedures"]
    assert len({(row["code"], row["valid_from"]) for row in adopted}) == len(adopted)
    for row in adopted:
        assert row["plugin"] in plugins
        package = PACKAGES[(row["code"], row["version"])]
        assert apply(package, row.get("overlay", {})).code == row["code"]


@every_province
def test_every_adopted_procedure_has_a_line_at_every_site(folder: Path) -> None:
    for site in _halls(folder):
        fields = {field for line in site.lines for field in line["fields"]}
        for row in _toml(folder, "procedures.toml")["procedures"]:
            field = PACKAGES[(row["code"], row["version"])].procedure.field
            assert field in fields or "*" in fields
