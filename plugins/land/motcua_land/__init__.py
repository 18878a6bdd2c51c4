"""Land: procedure packages of this field."""

from collections.abc import Sequence
from pathlib import Path

from motcua.api import PluginInfo, hookimpl

PLUGIN = PluginInfo(
    name="land",
    version="0.1.0",
    title_vi="Đất đai",
    title_en="Land",
)


@hookimpl
def register_procedures() -> Sequence[Path]:
    """Bring the packages of this plugin."""
    return sorted(path.parent for path in Path(__file__).parent.glob("procedures/*/procedure.toml"))
