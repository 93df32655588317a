"""The rules of the house, read from the code itself: see docs/architecture.md."""

import ast
import sys
from pathlib import Path

import pytest

from courseware import FEATURES

ROOT = Path(__file__).parent.parent
PRODUCT = ROOT / "courseware"

# What a file of a feature may know of its own and of earlier features, by file name.
MAY_KNOW = {
    "rules": {"rules"},
    "models": {"rules", "models"},
    "service": {"rules", "models", "service", "imports"},
    "imports": {"rules", "models", "service", "imports"},
    "exports": {"rules", "models", "service", "exports"},
    "jobs": {"rules", "models", "service", "exports", "jobs"},
    "forms": {"rules", "models", "service", "forms"},
    "views": {"rules", "models", "service", "imports", "exports", "jobs", "forms", "views"},
    "commands": {"rules", "models", "service", "imports", "exports", "jobs", "commands"},
}
# Kernel files that are as pure as rules: the standard library and each other.
PURE_KERNEL = {"messages", "texts", "hours", "names"}
# The two that see all features; and the command line of the demo and the benchmarks.
COMPOSITION_ROOTS = {"__init__", "demo"}


def kind_of(path: Path) -> str:
    """`ledger_rules.py` is a kind of rules, `report_exports.py` of exports."""
    return path.stem.rpartition("_")[2] if path.stem not in MAY_KNOW else path.stem


def imported(path: Path) -> list[tuple[int, str]]:
    """All modules that a file imports, also inside functions, with their lines."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.lineno, node.module))
            if node.module == "courseware" or node.module.count(".") == 1:
                found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def feature_files() -> list[Path]:
    return [path for feature in FEATURES for path in sorted((PRODUCT / feature).glob("*.py"))]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", feature_files(), ids=named)
def test_a_feature_imports_only_from_features_above_it(path):
    own = FEATURES.index(path.parent.name)
    for line, module in imported(path):
        parts = module.split(".")
        if parts[0] == "courseware" and len(parts) > 1 and parts[1] in FEATURES:
            assert FEATURES.index(parts[1]) <= own, f"{named(path)}:{line} imports {module}"


@pytest.mark.parametrize("path", feature_files(), ids=named)
def test_inside_a_feature_the_files_know_each_other_in_one_direction(path):
    kind = kind_of(path)
    if path.stem == "__init__":
        return
    assert kind in MAY_KNOW, f"{named(path)} is none of the house's kinds of files"
    for line, module in imported(path):
        parts = module.split(".")
        if parts[0] == "courseware" and len(parts) > 2 and parts[1] in FEATURES:
            other = parts[2] if parts[2] in MAY_KNOW else parts[2].rpartition("_")[2]
            if (PRODUCT / parts[1] / f"{parts[2]}.py").exists():
                assert other in MAY_KNOW[kind], f"{named(path)}:{line} imports {module}"


@pytest.mark.parametrize(
    "path",
    [path for path in feature_files() if kind_of(path) == "rules"]
    + [PRODUCT / f"{name}.py" for name in sorted(PURE_KERNEL)],
    ids=named,
)
def test_rules_are_pure(path):
    for line, module in imported(path):
        parts = module.split(".")
        pure = parts[0] in sys.stdlib_module_names
        if parts[0] == "courseware":
            pure = len(parts) == 1 or parts[1] in PURE_KERNEL or (
                parts[1] in FEATURES and (len(parts) == 2 or parts[2].endswith("rules"))
            )  # fmt: skip
        assert pure, f"{named(path)}:{line} imports {module}"


@pytest.mark.parametrize(
    "path", [path for path in feature_files() if kind_of(path) in ("service", "rules")], ids=named
)
def test_services_never_commit(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "commit":
            pytest.fail(f"{named(path)}:{node.lineno} commits")


@pytest.mark.parametrize(
    "path",
    [path for path in feature_files() if kind_of(path) in ("views", "forms")],
    ids=named,
)
def test_views_ask_services_and_not_the_database(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in ("query", "scalars", "execute"):
            pytest.fail(f"{named(path)}:{node.lineno} asks the database itself")
    for line, module in imported(path):
        assert module != "sqlalchemy", f"{named(path)}:{line} imports {module}"


@pytest.mark.parametrize("path", sorted(PRODUCT.glob("*.py")), ids=named)
def test_the_kernel_imports_no_feature(path):
    if path.stem in COMPOSITION_ROOTS:
        return
    for line, module in imported(path):
        parts = module.split(".")
        if parts[0] == "courseware" and len(parts) > 1:
            assert parts[1] not in FEATURES, f"{named(path)}:{line} imports {module}"


@pytest.mark.parametrize("path", sorted((ROOT / "certificates").rglob("*.py")), ids=named)
def test_certificates_know_nothing_of_ours(path):
    for line, module in imported(path):
        assert module.split(".")[0] not in {"courseware", "flask", "sqlalchemy"}, (
            f"{named(path)}:{line} imports {module}"
        )


@pytest.mark.parametrize("path", sorted(PRODUCT.rglob("*.py")), ids=named)
def test_only_credentials_imports_certificates(path):
    for line, module in imported(path):
        if module.split(".")[0] == "certificates":
            assert path.parent.name == "credentials", f"{named(path)}:{line}"


@pytest.mark.parametrize("path", sorted(PRODUCT.rglob("*.py")), ids=named)
def test_only_the_clock_asks_the_time(path):
    if path.name == "clock.py":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ast.unparse(node.func)
            assert name not in {"datetime.now", "datetime.utcnow", "date.today"}, (
                f"{named(path)}:{node.lineno}"
            )


def test_every_folder_and_file_says_what_it_is():
    for path in [*PRODUCT.rglob("*.py"), *(ROOT / "certificates").rglob("*.py")]:
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), f"{named(path)} says nothing"


def test_no_file_is_called_by_a_word_that_says_nothing():
    empty = {"utils", "helpers", "common", "base", "manager"}
    assert not [path for path in PRODUCT.rglob("*.py") if path.stem in empty]
