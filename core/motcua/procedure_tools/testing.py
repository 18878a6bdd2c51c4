"""Scenarios played and told: the trace, what differs, and a picture of the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from motcua.catalogue.examples import Played, play
from motcua.catalogue.packages import Package, load_package
from motcua.catalogue.reading import PackageError
from motcua.catalogue.scenario import Scenario
from motcua.catalogue.words import pick
from motcua.process.picture import svg
from motcua.text import vn_money


@dataclass(frozen=True)
class Tested:
    """A scenario and what came of it."""

    package: Package
    scenario: Scenario
    played: Played


@dataclass
class Tally:
    """How many scenarios came out right and wrong, and how many packages could not be tested at all."""

    right: int = 0
    wrong: int = 0
    unusable: int = 0

    @property
    def played(self) -> int:
        """How many scenarios were played."""
        return self.right + self.wrong

    def text(self, packages: int, lang: str) -> str:
        """Return the counts in one line."""
        return pick(
            lang,
            f"{self.right}/{self.played} ví dụ đạt, {packages} gói",
            f"{self.right} of {self.played} scenarios hold, {packages} package(s)",
        )


def report(
    folder: Path, tally: Tally, lang: str, *, only: str, trace: bool, picture: Path | None
) -> Iterator[str]:
    """Yield what came of a package's scenarios (of the one called ``only``), and count it.

    ``picture`` is a folder for a drawing of each way. A package that cannot be read is said and counted.
    """
    fails = pick(lang, "SAI", "FAILS")
    try:
        package = load_package(folder)
    except PackageError as refusal:
        tally.unusable += 1
        yield f"{folder}"
        yield f"  {fails}  {pick(lang, refusal.vi, refusal.en)}"
        return
    yield f"{package.code} {pick(lang, package.procedure.name_vi, package.procedure.name_en)}"
    for scenario in package.scenarios:
        if only in ("", scenario.key):
            tested = Tested(package, scenario, play(package, scenario))
            tally.right += tested.played.right
            tally.wrong += not tested.played.right
            yield from told(tested, lang, trace=trace)
            if picture and (drawn := draw(tested, picture, lang)):
                yield f"    {pick(lang, 'Hình', 'Picture')}: {drawn}"
    if not package.scenarios:
        tally.unusable += 1
        none = pick(lang, "gói chưa có ví dụ nào", "the package has no scenario")
        yield f"  {fails}  {none}"


def told(tested: Tested, lang: str, *, trace: bool) -> Iterator[str]:
    """Yield a scenario's lines: its name and verdict, the trace, and each difference."""
    scenario, came = tested.scenario, tested.played
    verdict = pick(lang, "ĐẠT", "HOLDS") if came.right else pick(lang, "SAI", "FAILS")
    yield f"  {verdict}  {scenario.key}: {pick(lang, scenario.name_vi, scenario.name_en)}"
    if trace:
        yield from (f"    {line}" for line in _rules(came, lang))
        yield from (f"    {line.text(lang)}" for line in came.trace)
    yield from (f"    ≠ {difference.text(lang)}" for difference in came.differences)


def _rules(came: Played, lang: str) -> Iterator[str]:
    """Yield what the rules decided before the course began."""
    if "fee" not in came.found:
        return
    papers = ", ".join(map(str, _list(came.found["papers"]))) or pick(lang, "không", "none")
    said = [
        f"{pick(lang, 'lệ phí', 'fee')} {vn_money(_whole(came.found['fee']))}",
        f"{pick(lang, 'giấy tờ', 'papers')} {papers}",
    ]
    if came.case != "default":
        said.insert(0, f"{pick(lang, 'trường hợp', 'case')} {came.case}")
    if came.found["routed"]:
        said.append(f"{pick(lang, 'nơi giải quyết', 'decided by')} {came.found['routed']}")
    if came.found["priority"]:
        said.append(f"{pick(lang, 'ưu tiên', 'priority')} {came.found['priority']}")
    yield "; ".join(said)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def draw(tested: Tested, folder: Path, lang: str) -> Path | None:
    """Write the picture of a scenario's way; None where the answers were refused and nothing ran."""
    came, package = tested.played, tested.package
    if not came.taken:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package.code}-{tested.scenario.key}.svg"
    picture = svg(
        package.bpmn(came.case),
        current=came.current,
        taken=came.taken,
        overdue=came.overdue,
        lang="en" if lang == "en" else "vi",
        library=package.library(came.case),
    )
    path.write_text(picture, encoding="utf-8")
    return path
