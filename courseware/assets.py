"""Style sheets, scripts and web fonts: named by what is in them, compressed, kept for a year.

A page asks `asset("courseware.css")` and gets `/assets/courseware-3f9a….css`. A script names
another one as "./other.js" and gets its address too. Fonts are cut down to our alphabets from the
font packages at their first use and kept in `<var>/assets/`.
"""

import gzip
import hashlib
import importlib.resources
import io
import os
import re
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import flask_bootstrap
import fontTools
from flask import Blueprint, Flask, Response, current_app, request
from fontTools import subset
from werkzeug.exceptions import NotFound

STATIC_FOLDER = Path(__file__).parent / "static"
BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/css/bootstrap.min.css"

FONTS = {
    "fira-sans-regular.woff2": ("fontpkg_fira_sans", "FiraSans-Regular.ttf"),
    "fira-sans-semibold.woff2": ("fontpkg_fira_sans", "FiraSans-SemiBold.ttf"),
    "spectral-semibold.woff2": ("fontpkg_spectral", "Spectral-SemiBold.ttf"),
}

# The letters of English and its neighbours, Russian, Kazakh and Tajik, and the signs of our pages.
ALPHABET = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x400, 0x460),
    *map(ord, "ƏəȘșȚțѢѣҐґҒғҚқҢңҮүҰұҲҳҶҷҺһӘәӢӣӨөӮӯʻʼˆˇ˚˜"),
    *map(ord, "\u0300\u0301\u0302\u0304\u0306\u0308\u030c"),
    *map(ord, "\u2009\u2010\u2011–—‘’‚“”„•…\u202f′″‹›€№™−←↑→↓×≈≠≤≥"),
)

OTHER_SCRIPT = re.compile(rb'"\./([a-z-]+\.js)"')

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class Asset:
    """One file that pages load."""

    name: str
    content: bytes

    @cached_property
    def address_name(self) -> str:
        """The name that changes when the content does."""
        stem, ending = os.path.splitext(self.name)
        return f"{stem}-{hashlib.sha256(self.content).hexdigest()[:16]}{ending}"

    @cached_property
    def gzipped(self) -> bytes:
        return gzip.compress(self.content, 9, mtime=0)


@cache
def text_assets() -> dict[str, Asset]:
    """Our own files and Bootstrap's style sheet, by plain name."""
    sources = {path.name: path.read_bytes() for path in sorted(STATIC_FOLDER.iterdir())}
    # The source map is not served, so the style sheet must not point to it.
    bootstrap = re.sub(rb"/\*# sourceMappingURL=.*?\*/", b"", BOOTSTRAP.read_bytes())
    sources["bootstrap.css"] = bootstrap
    assets: dict[str, Asset] = {}

    def with_addresses(name: str) -> Asset:
        if name not in assets:
            content = sources[name]
            if name.endswith(".css"):
                content = re.sub(
                    rb'url\("([a-z-]+\.woff2)"\)',
                    lambda found: f'url("{font_address_name(found[1].decode())}")'.encode(),
                    content,
                )
            if name.endswith(".js"):
                content = OTHER_SCRIPT.sub(
                    lambda found: f'"{_address(with_addresses(found[1].decode()))}"'.encode(),
                    content,
                )
            assets[name] = Asset(name, content)
        return assets[name]

    return {name: with_addresses(name) for name in sources if Path(name).suffix in MEDIA_TYPES}


def _address(asset: Asset) -> str:
    return f"/assets/{asset.address_name}"


@cache
def font_address_name(name: str) -> str:
    """A font's served name; known from its source and alphabet before it has been made."""
    recipe = hashlib.sha256(font_source(name).read_bytes())
    recipe.update(f"{fontTools.version} {ALPHABET}".encode())
    return f"{name.removesuffix('.woff2')}-{recipe.hexdigest()[:16]}.woff2"


def font_source(name: str) -> Path:
    """The whole font that `name` is cut from."""
    package, file = FONTS[name]
    return Path(str(importlib.resources.files(package) / "files" / file))


def cut_font(source: Path) -> bytes:
    """The font at `source` with our alphabets only, as WOFF2."""
    options = subset.Options(
        flavor="woff2",
        layout_features=["kern", "liga", "mark", "mkmk", "ccmp", "locl", "tnum", "lnum", "calt"],
        hinting=False,
        desubroutinize=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        notdef_outline=True,
    )
    with subset.load_font(str(source), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=ALPHABET)
        cutter.subset(font)
        written = io.BytesIO()
        subset.save_font(font, written, options)
    return written.getvalue()


def make_font(name: str, folder: Path) -> Path:
    """The cut font in `folder`, made now if nobody has; safe for several processes at once."""
    path = folder / font_address_name(name)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(cut_font(font_source(name)))
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    return path


def make_fonts(folder: Path) -> None:
    """Make every font, so that the first visitor does not wait."""
    for name in FONTS:
        make_font(name, folder)


def asset(name: str) -> str:
    """The address of one asset, for templates."""
    return f"/assets/{font_address_name(name)}" if name in FONTS else _address(text_assets()[name])


bp = Blueprint("assets", __name__)


@bp.get("/assets/<name>")
def show(name: str) -> Response:
    """One asset; a name we never gave is not found."""
    for font in FONTS:
        if font_address_name(font) == name:
            folder = Path(current_app.config["VAR_FOLDER"]) / "assets"
            return _kept(Response(make_font(font, folder).read_bytes()), name)
    for one in text_assets().values():
        if one.address_name == name:
            if "gzip" in request.accept_encodings:
                response = Response(one.gzipped)
                response.headers["Content-Encoding"] = "gzip"
            else:
                response = Response(one.content)
            response.headers["Vary"] = "Accept-Encoding"
            return _kept(response, name)
    raise NotFound


def _kept(response: Response, name: str) -> Response:
    response.headers["Content-Type"] = MEDIA_TYPES[Path(name).suffix]
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def init_app(app: Flask) -> None:
    """Give templates `asset()` and serve what it names."""
    app.jinja_env.globals["asset"] = asset
    if "assets" not in app.blueprints:
        app.register_blueprint(bp)
