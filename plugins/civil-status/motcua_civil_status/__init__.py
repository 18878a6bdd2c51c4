"""Civil status: procedure packages of this field."""

from collections.abc import Sequence
from pathlib import Path

from motcua.api import PluginInfo, hookimpl

PLUGIN = PluginInfo(
    name="civil-status",
    version="0.1.0",
    title_vi="Hộ tịch",
    title_en="Civil status",
)


@hookimpl
def register_procedures() -> Sequence[Path]:
    """Bring the packages of this plugin."""
    return sorted(path.parent for path in Path(__file__).parent.glob("procedures/*/procedure.toml"))
