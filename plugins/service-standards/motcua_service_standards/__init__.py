"""Published targets per service, measured in public."""

from motcua.api import PluginInfo

PLUGIN = PluginInfo(
    name="service-standards",
    version="0.1.0",
    title_vi="Cam kết dịch vụ",
    title_en="Service standards",
)
