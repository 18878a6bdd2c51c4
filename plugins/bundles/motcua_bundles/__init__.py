"""Life-event bundles: procedure packages of this field."""

from collections.abc import Sequence
from pathlib import Path

from motcua.api import PluginInfo, hookimpl

PLUGIN = PluginInfo(
    name="bundles",
    version="0.1.0",
    title_vi="Liên thông theo sự kiện đời sống",
    title_en="Life-event bundles",
)


@hookimpl
def register_procedures() -> Sequence[Path]:
    """Bring the packages of this plugin."""
    return sorted(path.parent for path in Path(__file__).parent.glob("procedures/*/procedure.toml"))
