"""Administration of a tenant, and the national office; mounted as a plugin like any other."""

from motcua.api import PluginInfo

PLUGIN = PluginInfo(name="admin", version="0.1.0", title_vi="Quản trị", title_en="Administration")
