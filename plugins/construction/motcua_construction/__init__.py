"""Construction: procedure packages of this field."""

from collections.abc import Sequence
from pathlib import Path

from motcua.api import PluginInfo, hookimpl

PLUGIN = PluginInfo(
    name="construction",
    version="0.1.0",
    title_vi="Xây dựng",
    title_en="Construction",
)


@hookimpl
def register_procedures() -> Sequence[Path]:
    """Bring the packages of this plugin."""
    return sorted(path.parent for path in Path(__file__).parent.glob("procedures/*/procedure.toml"))
