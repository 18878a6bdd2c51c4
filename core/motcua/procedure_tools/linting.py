"""Everything the linter can say of a package's folder, its templates too."""

from collections.abc import Collection
from pathlib import Path

from motcua import logs
from motcua.catalogue.lint import LintFinding, lint_folder
from motcua.catalogue.lint_process import CORE_HANDLERS
from motcua.plugins.manager import Plugins
from motcua.procedure_tools.templates import lint_templates


def installed_handlers() -> frozenset[str]:
    """Return the names of the service tasks that the core and the installed plugins bring."""
    logs.configure(level=40)
    return frozenset(CORE_HANDLERS) | Plugins.discover().service_tasks().keys()


def lint_all(
    folder: Path, *, handlers: Collection[str] | None = None, templates: bool = True
) -> tuple[LintFinding, ...]:
    """Return every finding about a package's folder, errors first."""
    more = lint_templates if templates else None
    return lint_folder(folder, handlers=handlers, more=more)[1]
