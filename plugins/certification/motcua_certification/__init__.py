"""Certification: copies, signatures, and copies from the original register."""

from collections.abc import Sequence
from pathlib import Path

from motcua.api import PluginInfo, hookimpl

PLUGIN = PluginInfo(
    name="certification",
    version="0.1.0",
    title_vi="Chứng thực",
    title_en="Certification",
)


@hookimpl
def register_procedures() -> Sequence[Path]:
    """Bring the packages of this plugin."""
    return sorted((Path(__file__).parent / "procedures").iterdir())
