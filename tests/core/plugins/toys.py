"""Toy plugins: one module per call, with the hooks that a test hands over."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from motcua.api import PluginInfo, hookimpl
from motcua.plugins.manager import Plugins


def toy(name: str, *hooks: Callable[..., Any], api: str = "1", called: str = "") -> ModuleType:
    """Return a plugin module; ``called`` is the name it gives itself when that is not ``name``."""
    module = ModuleType(name.replace("-", "_"))
    info = PluginInfo(name=called or name, version="1.0", title_vi="Thử", title_en="Toy", api=api)
    vars(module)["PLUGIN"] = info
    for hook in hooks:
        vars(module)[hook.__name__] = hookimpl(hook)
    return module


def house(*modules: ModuleType) -> Plugins:
    """Return a manager that knows these plugins."""
    plugins = Plugins.empty()
    for module in modules:
        plugins.add(vars(module)["PLUGIN"].name, module)
    return plugins
