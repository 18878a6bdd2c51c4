"""Templates: one environment for the core and the plugins, and what every page knows."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import jinja2
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig
from markupsafe import Markup

from motcua.errors import in_words
from motcua.files.qr import qr_svg
from motcua.platform import Platform
from motcua.text import vn_date, vn_moment, vn_money
from motcua.web.here import AnyRequest, Here, here

CORE = Path(__file__).parents[1]
WALLET_LABEL = "vi"  # the wallet has a host of its own: one wallet for the papers of every tenant
# After a sign-in from here people are brought to their own start page.
_STARTS = frozenset({"/", "/x/admin/national", "/wallet-app"})


def environment(plugin_folders: Iterable[Path]) -> jinja2.Environment:
    """Return the environment: the core's templates first, so that a plugin cannot shadow one."""
    folders = [*sorted(CORE.glob("*/templates")), *plugin_folders]
    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(f) for f in folders]),
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def template_config(plugin_folders: Iterable[Path]) -> TemplateConfig[JinjaTemplateEngine]:
    """Return Litestar's configuration around ``environment``."""
    engine = JinjaTemplateEngine.from_environment(environment(plugin_folders))
    return TemplateConfig(instance=engine)


def english() -> dict[str, str]:
    """Return the English of every sentence on screen, by its Vietnamese."""
    found: dict[str, str] = {}
    for file in sorted(CORE.glob("*/texts.toml")):
        found |= tomllib.loads(file.read_text(encoding="utf-8"))["en"]
    return found


def translator(lang: str, catalogue: Mapping[str, str]) -> Callable[[str], str]:
    """Return ``_``: the sentence itself in Vietnamese, its English where there is one."""
    if lang != "en":
        return lambda sentence: sentence
    return lambda sentence: catalogue.get(sentence, sentence)


def _site(where: Here) -> SimpleNamespace:
    tenant = where.tenant
    if tenant is None:
        return SimpleNamespace(name="Một Cửa", short_name="Một Cửa", kind="platform", slug="")
    return SimpleNamespace(
        name=tenant.name, short_name=tenant.short_name, kind=tenant.kind, slug=tenant.slug
    )


def _person(where: Here) -> SimpleNamespace | None:
    session = where.session
    if session is None or session.kind not in {"citizen", "staff"}:
        return None
    return SimpleNamespace(name=session.name, kind=session.kind)


def _menu(where: Here, platform: Platform) -> list[tuple[str, str, str]]:
    """Return (path, Vietnamese, English) of the menu for whoever looks."""
    if where.tenant is None:
        return []
    if not where.tenant.is_province:
        return [("/x/admin/national", "Toàn quốc", "The country")]
    if where.session and where.session.kind == "staff":
        own = [("/desk", "Quầy", "Counter"), ("/desk/work", "Việc của tôi", "My work")]
        roles = where.session.roles()
        if roles & {"head", "leader", "admin"}:
            own.append(("/monitor", "Các sảnh", "Halls"))
        audiences = ["staff", *sorted(roles)]
    else:
        own = [
            ("/procedures", "Thủ tục", "Services"),
            ("/queue", "Lấy số, đặt hẹn", "Queue"),
            ("/track", "Tra cứu hồ sơ", "Track"),
            ("/my", "Hồ sơ của tôi", "My dossiers"),
            ("/my/papers", "Giấy tờ của tôi", "My papers"),
            (platform.settings.url_of(WALLET_LABEL), "Ví giấy tờ", "Wallet"),
        ]
        audiences = ["citizen"]
    links = platform.plugins.links
    return own + [link for audience in audiences for link in links(where.tenant, audience)]


class Page(Template):
    """A template whose own ``csrf_input`` is kept: Litestar puts a text in the place of the function."""

    def create_template_context(self, request: AnyRequest) -> dict[str, Any]:
        """Return what the template sees."""
        return {**super().create_template_context(request), **self.context}


def page(request: AnyRequest, template: str, /, status: int = 200, **context: Any) -> Template:
    """Return a page with everything the base template needs; ``errors`` are told in its language.

    ``menu_at`` is the path whose place in the menu is marked, where it is not the page's own.
    """
    where = here(request)
    if isinstance(errors := context.get("errors"), Mapping):
        context["errors"] = {name: in_words(said, where.lang) for name, said in errors.items()}
    platform: Platform = request.app.state.platform
    catalogue = platform.cache.setdefault("english", english())
    translate = translator(where.lang, catalogue)
    path = request.scope["path"]
    menu = _menu(where, platform)
    english_page = where.lang == "en"
    # "/desk" and "/desk/work" both begin "/desk/work": the longer one is where we are.
    place = str(context.get("menu_at", path))
    current = max((m[0] for m in menu if place.startswith(m[0])), key=len, default="")
    known: dict[str, Any] = {
        "_": translate,
        "status": status,
        "lang": where.lang,
        "site": _site(where),
        "person": _person(where),
        "url": where.url,
        "path": path,
        "switch_lang": _switch_language(request, "vi" if english_page else "en"),
        "sign_in_next": "" if path in _STARTS else "?" + urlencode({"next": path}),
        "nav": [
            (
                href if "://" in href else where.url(href),
                en if english_page else vi,
                href == current,
            )
            for href, vi, en in menu
        ],
        "csrf_input": lambda: csrf_input(request),
        "money": vn_money,
        "date": _date,
        "moment": vn_moment,
        "qr": lambda text, title: Markup(qr_svg(text, title=title)),  # noqa: S704 -- our own SVG
        "pick": lambda vi, en: (en or vi) if english_page else vi,
    }
    return Page(template, context={**known, **context}, status_code=status)


def _switch_language(request: AnyRequest, lang: str) -> str:
    """Return this page's own address in the other language: what was asked for stays."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return "?" + urlencode([*kept, ("lang", lang)])


def _date(value: date | datetime | None) -> str:
    return vn_date(value) if value else "—"


def csrf_input(request: AnyRequest) -> Markup:
    """Return the hidden field that proves the form came from our own page."""
    from litestar.utils.scope.state import ScopeState

    value = ScopeState.from_scope(request.scope).csrf_token or ""
    return Markup('<input type="hidden" name="_csrf_token" value="{}">').format(value)
