"""Social protection: allowances, funeral costs, poverty, disability."""

from collections.abc import Sequence
from pathlib import Path

from motcua.api import PluginInfo, hookimpl

PLUGIN = PluginInfo(
    name="social-protection",
    version="0.1.0",
    title_vi="Bảo trợ xã hội",
    title_en="Social protection",
)


@hookimpl
def register_procedures() -> Sequence[Path]:
    """Bring the packages of this plugin."""
    return sorted((Path(__file__).parent / "procedures").iterdir())
