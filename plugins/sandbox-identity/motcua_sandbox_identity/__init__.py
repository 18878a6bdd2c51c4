"""A small OpenID Connect provider, for demos and tests."""

from motcua.api import PluginInfo

PLUGIN = PluginInfo(
    name="sandbox-identity",
    version="0.1.0",
    title_vi="Đăng nhập thử nghiệm",
    title_en="Sandbox identity",
)
