"""What must be right in a package beyond the shape of its files, found before anybody applies for it."""

from collections.abc import Mapping

from motcua.catalogue.cases import Case, cases_of
from motcua.catalogue.decisions import check_decision, check_file, tried
from motcua.catalogue.folder import check_files
from motcua.catalogue.procedure import FeeRule, Procedure, Rule, Step, TimeLimit
from motcua.catalogue.reading import PackageError

_FILE = "procedure.toml"
Files = Mapping[str, str]


def check_procedure(
    procedure: Procedure, samples: Mapping[str, object], files: Mapping[str, Files]
) -> None:
    """Refuse what no procedure can have; raises ``PackageError``.

    ``samples`` are invented answers of the right types; ``files`` the texts by name, by ``processes``,
    ``decisions`` and ``templates``.
    """
    for kind, texts in files.items():
        check_files(kind, texts)
    decisions = files["decisions"]
    for file, text in decisions.items():
        check_file(file, text)
    _check_header(procedure)
    _check_limit(procedure.time_limit, "time_limit", samples, decisions)
    _check_fee(procedure.fee, "fee", samples, decisions)
    _check_papers(procedure, samples)
    _check_cases(procedure, samples, decisions)
    _check_ways(procedure, files["processes"])
    _check_children(procedure, samples)
    for key in ("required_papers", "routing", "priority"):
        if rule := getattr(procedure, key):
            _check_rule(rule, key, samples, decisions)


def wrong(key: str, expected: str) -> PackageError:
    """Return the refusal of what stands at a key of ``procedure.toml``."""
    return PackageError(_FILE, key, expected)


def _check_header(procedure: Procedure) -> None:
    if not procedure.level:
        raise wrong("level", "province, commune or both")
    first, last = procedure.valid_from, procedure.valid_to
    if first and last and last < first:
        raise wrong("valid_to", f"a day not before valid_from ({first.isoformat()})")
    longest = max(case.time_limit.hours for case in cases_of(procedure))
    if procedure.target and procedure.target.hours > longest:
        raise wrong("target.hours", f"at most the legal limit ({longest} working hours)")


def _check_limit(
    limit: TimeLimit, key: str, samples: Mapping[str, object], decisions: Files
) -> None:
    if limit.kind == "same_day" and (limit.value != 1 or not limit.cutoff or limit.decision):
        raise wrong(key, "for same_day: no value, no decision, and a cutoff such as 15:00")
    if limit.kind != "same_day" and limit.cutoff:
        raise wrong(f"{key}.cutoff", "nothing: only same_day has a cutoff")
    if limit.first_day and limit.kind not in ("working_days", "calendar_days"):
        raise wrong(f"{key}.first_day", "nothing: only days have a first one")
    if limit.decision:
        check_decision(limit.decision, samples, decisions, key)


def _check_fee(fee: FeeRule, key: str, samples: Mapping[str, object], decisions: Files) -> None:
    if [fee.amount is not None, bool(fee.expression), bool(fee.decision)].count(True) != 1:
        raise wrong(key, "either amount (0 for free), or expression, or decision")
    samples = {**samples, "channel": "online"}
    tried(fee.expression, samples, f"{key}.expression")
    if fee.decision:
        check_decision(fee.decision, samples, decisions, key)
    for n, line in enumerate(fee.lines):
        tried(line.expression, samples, f"{key}.lines[{n}].expression")
        tried(line.when, samples, f"{key}.lines[{n}].when")


def _check_rule(rule: Rule, key: str, samples: Mapping[str, object], decisions: Files) -> None:
    if bool(rule.expression) == bool(rule.decision):
        raise wrong(key, "either expression or decision")
    tried(rule.expression, samples, f"{key}.expression")
    if rule.decision:
        check_decision(rule.decision, samples, decisions, key)


def _check_papers(procedure: Procedure, samples: Mapping[str, object]) -> None:
    _unique([paper.key for paper in procedure.papers], "papers", "key")
    for n, paper in enumerate(procedure.papers):
        tried(paper.when, samples, f"papers[{n}].when")
        for m, rule in enumerate(paper.replaced_by):
            for claim, key in rule.same.items():
                if key not in samples:
                    where = f"papers[{n}].replaced_by[{m}].same.{claim}"
                    raise wrong(where, f"the key of a form field, not {key!r}")


def _check_cases(procedure: Procedure, samples: Mapping[str, object], decisions: Files) -> None:
    rules = procedure.cases
    _unique([rule.id for rule in rules], "cases", "id")
    known = {paper.key for paper in procedure.papers}
    for n, rule in enumerate(rules):
        where = f"cases[{n}]"
        if bool(rule.when) == (n == len(rules) - 1):
            raise wrong(f"{where}.when", "a condition in every case but the last, which has none")
        tried(rule.when, samples, f"{where}.when")
        for key in rule.papers or ():
            if key not in known:
                raise wrong(f"{where}.papers", f"keys of the procedure's papers, not {key!r}")
        if rule.time_limit:
            _check_limit(rule.time_limit, f"{where}.time_limit", samples, decisions)
        if rule.fee:
            _check_fee(rule.fee, f"{where}.fee", samples, decisions)


def _check_children(procedure: Procedure, samples: Mapping[str, object]) -> None:
    known = {paper.key for paper in procedure.papers}
    for n, child in enumerate(procedure.children):
        if child.code == procedure.code:
            raise wrong(f"children[{n}].code", "another procedure: a bundle does not open itself")
        tried(child.when, samples, f"children[{n}].when")
        for key, text in child.answers.items():
            tried(text, samples, f"children[{n}].answers.{key}")
        for key, paper in child.papers.items():
            if paper not in known:
                raise wrong(f"children[{n}].papers.{key}", f"a paper of this bundle, not {paper!r}")


def _check_ways(procedure: Procedure, processes: Files) -> None:
    """Every case has one way: a list of steps, or a drawn process."""
    _check_way(procedure.steps, procedure.process, "", processes)
    for n, rule in enumerate(procedure.cases):
        _check_way(rule.steps, rule.process, f"cases[{n}].", processes)
    for case in cases_of(procedure):
        if not case.steps and not case.process:
            raise wrong("steps", f'either [[steps]] or process = "process.bpmn"{_for(case)}')


def _for(case: Case) -> str:
    return f" for the case {case.id}" if case.name_vi else ""


def _check_way(steps: tuple[Step, ...], process: str, at: str, processes: Files) -> None:
    _unique([step.id for step in steps], f"{at}steps", "id")
    if steps and process:
        raise wrong(f"{at}steps", "either [[steps]] or process, not both")
    if process and process not in processes:
        raise wrong(f"{at}process", f"a .bpmn file of the package, not {process!r}")
    for n, step in enumerate(steps):
        where = f"{at}steps[{n}]"
        if step.kind == "service" and not step.handler:
            raise wrong(f"{where}.handler", "the name of the handler of a service step")
        if step.kind == "user" and (step.handler or not step.role):
            raise wrong(f"{where}.role", "a role and no handler for a user step")
        if not step.outcomes or step.outcomes[0] != "ok":
            raise wrong(f"{where}.outcomes", "a list that begins with ok")


def _unique(keys: list[str], table: str, name: str) -> None:
    for n, key in enumerate(keys):
        if key in keys[:n]:
            raise wrong(f"{table}[{n}].{name}", f"a value that is not taken, not {key!r}")
