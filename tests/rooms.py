"""What import-linter cannot see: private names, circles, hidden and eager imports, who names pandas."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MODULES_OF_A_FOLDER = 14
#: Files of the package that everybody may use in spite of their underscore.
FLOOR_0 = {"_frozen", "_progress", "_text", "_typing", "_validation"}
#: Rooms that may name pandas.
PANDAS = {"datasets", "exports", "frames", "results"}
#: Extras: imported by the function that needs them.
EXTRAS = {"duckdb", "matplotlib", "polars", "pyarrow", "pyreadstat", "pyspark", "splink", "tqdm"}
#: The one file that may load an extra as it is loaded: it is itself loaded when something is drawn.
DRAWS = "reporting.plots.canvas"
#: Where a module is loaded by a name in text, and how that begins: the public face, that of the results, the one
#: way up, the bar, what a saved recipe calls, a connection of an extra.
BY_NAME = {
    "__init__": ("_MODULES[name]", "_HOME[name]"),
    "_progress": ("'tqdm.auto'",),
    "results": ("f'{__name__}.{_HOME[name]}'",),
    "results.base": (
        "f'credbenefits.reporting.plots.{file}'",
        "f'credbenefits.reporting.kinds.{self._KIND}'",
    ),
    "weighting.uses.saved": ("f'credbenefits.weighting.{file}'",),
    "panel.matching.splink": ("'duckdb'", "'splink'", "'splink."),
}
#: Attributes that everybody may take in spite of their underscore: of named tuples, of what a notebook shows, of `os`.
PUBLIC = {"_asdict", "_exit", "_fields", "_replace", "_repr_html_"}


class Code(NamedTuple):
    """A file of the package; `nodes` are those of its tree, as `ast.walk` lists them."""

    path: Path
    source: str
    tree: ast.Module
    nodes: list[ast.AST]


def modules(package: Path) -> dict[str, Code]:
    """Parse the package: "numerics.groups._closed" and its code."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        found[name] = Code(path, source, tree, list(ast.walk(tree)))
    return found


def ours(code: Code, package: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield line, module and name of everything that is imported from the package."""
    for node in code.nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == package:
            for alias in node.names:
                yield node.lineno, (node.module or "").split(".")[1:], alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == package:
                    yield node.lineno, alias.name.split(".")[1:], ""


def private_names(package: Path, files: dict[str, Code]) -> list[str]:
    """List private files and names that a file of another folder imports."""
    found = []
    for name, code in files.items():
        folder = name.split(".")[:-1]
        if (package / Path(*name.split("."))).is_dir():
            folder = name.split(".")
        for line, module, imported in ours(code, package.name):
            parts = [*module, imported]
            for place, part in enumerate(parts):
                if part.startswith("_") and not part.startswith("__") and part not in FLOOR_0:
                    # A name of a file belongs to the file's folder, a file to the folder it is in.
                    is_file = (package / Path(*parts[: place + 1])).with_suffix(".py").exists()
                    home = parts[:place] if is_file else parts[: place - 1]
                    if folder != home:
                        found.append(f"{name}, line {line}: {'.'.join(parts)} is private")
    return found


def private_attributes(package: Path, files: dict[str, Code]) -> list[str]:
    """List private attributes that are taken of an object of another folder."""
    own: dict[str, set[str]] = {}
    for name, code in files.items():
        own.setdefault(_folder(package, name), set()).update(_defined(code))
    return [
        f"{name}, line {node.lineno}: {ast.unparse(node)} is private"
        for name, code in files.items()
        for node in code.nodes
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in own[_folder(package, name)] | PUBLIC
        and ast.unparse(node.value) not in {"self", "cls", "super()"}
    ]


def _folder(package: Path, name: str) -> str:
    return name if (package / Path(*name.split("."))).is_dir() else name.rpartition(".")[0]


def _defined(code: Code) -> Iterator[str]:
    """Yield the names of functions, and of what a class or file holds."""
    for node in code.nodes:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(target, (ast.Name, ast.Attribute)):
                yield target.id if isinstance(target, ast.Name) else target.attr


def relative_imports(files: dict[str, Code]) -> list[str]:
    """List imports that do not name the package, which nothing here would see."""
    return [
        f"{name}, line {node.lineno}: {ast.unparse(node)}"
        for name, code in files.items()
        for node in code.nodes
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def arrows(package: Path, files: dict[str, Code]) -> dict[str, set[str]]:
    """Which file imports which, for types too. The public face is left out."""
    found: dict[str, set[str]] = {}
    for name, code in files.items():
        if name == "__init__":
            continue
        found[name] = set()
        for _, module, imported in ours(code, package.name):
            whole = ".".join([*module, imported])
            target = whole if whole in files else ".".join(module)
            if target and target != name:
                found[name].add(target)
    return found


def circles(package: Path, files: dict[str, Code]) -> list[str]:
    """List the files that reach themselves, by way of whom."""
    graph = arrows(package, files)
    found = []
    for start in sorted(graph):
        came_from: dict[str, str] = {}
        waiting = [start]
        while waiting:
            here = waiting.pop()
            for there in sorted(graph.get(here, ())):
                if there not in came_from:
                    came_from[there] = here
                    waiting.append(there)
        if start in came_from:
            way = [start]
            while (here := came_from[way[-1]]) != start:
                way.append(here)
            found.append(" <- ".join([*way, start]))
    return found


def hidden_imports(files: dict[str, Code]) -> list[str]:
    """List where a module is loaded by a name in text, which no contract sees."""
    found = []
    for name, code in files.items():
        for node in code.nodes:
            said = ""
            if isinstance(node, ast.Call):
                late = ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}
                if late and not ast.unparse(node.args[0]).startswith(BY_NAME.get(name, ("\n",))):
                    said = ast.unparse(node)
            elif isinstance(node, ast.ImportFrom) and node.module == "importlib":
                # Under another name the call would not be seen.
                said = ", ".join(f"{a.name} as {a.asname}" for a in node.names if a.asname)
            if said:
                found.append(f"{name}, line {node.lineno}: {said}")  # type: ignore[attr-defined]
    return found


def eager_extras(files: dict[str, Code]) -> list[str]:
    """List the extras that a file imports as it is loaded."""
    found = []
    for name, code in files.items():
        late = {
            id(inner)
            for node in code.nodes
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
            for inner in ast.walk(node)
        }
        for node in code.nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in late and name != DRAWS:
                named = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                found += [f"{name}, line {node.lineno}: {n}" for n in named if n.partition(".")[0] in EXTRAS]
    return found


def who_names_pandas(files: dict[str, Code]) -> list[str]:
    """List the files outside four rooms that name pandas, for types too."""
    return [
        name
        for name, code in files.items()
        if name.partition(".")[0] not in PANDAS
        for node in code.nodes
        if (isinstance(node, ast.Import) and any(a.name.partition(".")[0] == "pandas" for a in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pandas")
    ]


def full_folders(package: Path) -> list[str]:
    """List the folders that hold more files than a reader takes in."""
    folders = {path.parent for path in package.rglob("*.py")}
    sizes = {f: sum(p.stem not in {"__init__", "__main__"} for p in f.glob("*.py")) for f in folders}
    return [f"{f.name}: {n} files" for f, n in sorted(sizes.items()) if n > MOST_MODULES_OF_A_FOLDER]


def breaches(package: Path, files: dict[str, Code] | None = None) -> list[str]:
    """List everything that breaks a rule of the house that import-linter does not know."""
    files = files or modules(package)
    return [
        *private_names(package, files),
        *private_attributes(package, files),
        *(f"relative import: {what}" for what in relative_imports(files)),
        *(f"circle: {way}" for way in circles(package, files)),
        *(f"loaded by name: {what}" for what in hidden_imports(files)),
        *(f"an extra at the top: {what}" for what in eager_extras(files)),
        *(f"names pandas: {what}" for what in who_names_pandas(files)),
        *(f"too full: {what}" for what in full_folders(package)),
    ]
