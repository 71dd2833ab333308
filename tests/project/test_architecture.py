"""The shape of the code: budgets, rooms, the public face, and what the files of the project may say."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import io
import pydoc
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

import credbenefits
import rooms
from credbenefits import stats

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "credbenefits"
MODULES = sorted(PACKAGE.rglob("*.py"))

pytestmark = pytest.mark.once

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 40
MOST_POSITIONAL_ARGUMENTS = 4
MOST_PUBLIC_NAMES = 36
MOST_NAMES_ON_ARRAYS = 24

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def functions(tree: ast.AST, inside: str = "") -> list[tuple[str, Function, bool]]:
    """List (qualified name, function, whether it is a method), nested ones too."""
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{inside}{node.name}"
            found.append((name, node, isinstance(tree, ast.ClassDef)))
            found += functions(node, f"{name}.")
        elif isinstance(node, ast.ClassDef):
            found += functions(node, f"{inside}{node.name}.")
        else:
            found += functions(node, inside)
    return found


def lines_of_code(source: str) -> set[int]:
    """Line numbers that hold code: not blank, not only a comment."""
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            found.update(range(token.start[0], token.end[0] + 1))
    return found


def length(function: Function, code: set[int]) -> int:
    """Lines of code of a function's body, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    return len(code & set(range(body[0].lineno, (function.end_lineno or 0) + 1)))


def n_positional(function: Function, *, method: bool) -> int:
    n = len(function.args.posonlyargs) + len(function.args.args)
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
    return n - 1 if method and not static and n else n


def imported(node: ast.AST) -> list[str]:
    """Name the modules that an import statement loads; a relative import is one of ours."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""] if node.level == 0 else ["credbenefits." + (node.module or "")]
    return []


def of_ours(module: str) -> bool:
    return module.partition(".")[0] == "credbenefits"


# ---- how the counting counts ------------------------------------------------------------------------


def test_the_counting_of_lines_and_arguments_is_right():
    source = '''
class A:
    @property
    def f(self, a, b=1, /, c=(
        1, 2
    ), *, d=0):
        """Say.

        More.
        """
        # a comment

        x = [
            1,  # one

        ]
        def g(): return """two
        lines"""
        return x

    @staticmethod
    def h(a): ...
'''
    found = {name: (f, method) for name, f, method in functions(ast.parse(source))}
    code = lines_of_code(source)
    assert list(found) == ["A.f", "A.f.g", "A.h"]
    assert length(found["A.f"][0], code) == 6
    assert length(found["A.f.g"][0], code) == 2
    assert n_positional(found["A.f"][0], method=found["A.f"][1]) == 3
    assert n_positional(found["A.h"][0], method=found["A.h"][1]) == 1


# ---- budgets ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files():
    """Every file of the package, parsed once for all rules."""
    return rooms.modules(PACKAGE)


def test_every_file_is_looked_at(files):
    assert sorted(code.path for code in files.values()) == MODULES
    assert len(MODULES) > 200


def test_modules_keep_their_budgets(files):
    over = []
    for code in files.values():
        of_code = lines_of_code(code.source)
        if (n := len(code.source.splitlines())) > MOST_LINES_OF_A_FILE:
            over.append(f"{name_of(code.path)}: {n} lines in the file; at most {MOST_LINES_OF_A_FILE}")
        for name, function, method in functions(code.tree):
            where = f"{name_of(code.path)}, line {function.lineno}, {name}"
            if (n := length(function, of_code)) > MOST_LINES_OF_A_FUNCTION:
                over.append(f"{where}: {n} lines of code; at most {MOST_LINES_OF_A_FUNCTION}")
            if (n := n_positional(function, method=method)) > MOST_POSITIONAL_ARGUMENTS:
                over.append(f"{where}: {n} positional arguments; at most {MOST_POSITIONAL_ARGUMENTS}")
    assert not over, "\n".join(over)


def test_modules_have_docstrings(files):
    assert not [name_of(code.path) for code in files.values() if not ast.get_docstring(code.tree)]


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"][1:], ids=name_of)
def test_a_room_says_what_it_holds_and_what_it_never_does(path):
    if path.parent.name == "datasets":
        return  # it holds its functions itself
    holds, blank, *never = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")
    assert holds.endswith(".")
    assert not blank
    assert 1 <= len(never) <= 2
    assert re.search(r"\b(never|nothing|no)\b", " ".join(never), re.IGNORECASE)


# ---- rooms ------------------------------------------------------------------------------------------


def test_no_function_imports_a_module_of_ours(files):
    late = [
        f"{name_of(code.path)}, line {node.lineno}, {name}: {module}"
        for code in files.values()
        if code.path != PACKAGE / "cli.py"  # it imports late, so that --help and Ctrl-C need not wait
        for name, function, _ in functions(code.tree)
        for node in ast.walk(function)
        for module in imported(node)
        if of_ours(module)
        and not (code.path == PACKAGE / "reporting" / "plots" / "base.py" and name == "_canvas")  # an extra
        and not (code.path == PACKAGE / "__init__.py" and name == "__getattr__")
    ]
    assert not late, "\n".join(late)


def test_numerics_import_numpy_scipy_and_floor_0_only(files):
    floor_0 = {
        "credbenefits",
        *(f"credbenefits.{m}" for m in ("errors", "_typing", "_validation", "_frozen", "_progress")),
    }
    numerics = [code for code in files.values() if PACKAGE / "numerics" in code.path.parents]
    assert len(numerics) > 20
    strange = [
        f"{name_of(code.path)}: {module}"
        for code in numerics
        for node in code.nodes
        for module in imported(node)
        if module not in floor_0
        and not module.startswith("credbenefits.numerics")
        and module.partition(".")[0] not in {"numpy", "scipy", *sys.stdlib_module_names}
    ]
    assert not strange, "\n".join(strange)


def test_options_are_listed_in_typing_alone(files):
    lists = [
        f"{name_of(code.path)}, line {node.lineno}"
        for code in files.values()
        if code.path.name != "_typing.py"
        for node in code.nodes
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"
    ]
    assert not lists, f"options of an argument outside _typing.py: {lists}"


def test_no_file_breaks_a_rule_of_the_rooms(files):
    broken = rooms.breaches(PACKAGE, files)
    assert not broken, "\n".join(broken)


def in_words(node: ast.expr) -> bool:
    """Tell whether an expression makes a description, and is no value that somebody passed."""
    if isinstance(node, ast.IfExp):
        return in_words(node.body) and in_words(node.orelse)
    if isinstance(node, (ast.BoolOp, ast.BinOp)):
        return any(
            in_words(n) for n in ([node.left, node.right] if isinstance(node, ast.BinOp) else node.values)
        )
    return isinstance(node, (ast.JoinedStr, ast.Constant, ast.Call)) or ast.unparse(node).endswith("__name__")


def test_errors_take_what_came_as_a_value_so_that_text_is_shown_in_quotes(files):
    # Without quotes '0.95' looks like .95: a description is received=..., a value that came is value=...
    bare = [
        f"{name_of(code.path)}, line {node.value.lineno}: received={ast.unparse(node.value)}"
        for code in files.values()
        if code.path.name != "errors.py"
        for node in code.nodes
        if isinstance(node, ast.keyword)
        and node.arg == "received"
        and not in_words(node.value)
        and ast.unparse(node.value) not in {"came", "problem.received"}
    ]
    assert not bare, "\n".join(bare)


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts on the package that lies in a folder."""
    if importlib.util.find_spec("importlinter") is None or not (ROOT / ".importlinter").exists():
        pytest.skip("needs import-linter and its contracts")
    call = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    arguments = ["--config", str(ROOT / ".importlinter"), "--no-cache", "--no-logo"]
    # With the current folder first on the path, as here, the package that lies in it is the one looked at.
    return run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {call}", *arguments])


def test_import_contracts_hold():
    done = contracts(PACKAGE.parent)
    assert done.returncode == 0, done.stdout + done.stderr


#: A breach, the file it is planted in, and what finds it: the name of a contract, or words of a rule.
PLANTED = {
    "a type from a floor above": (
        "results/base.py",
        "if TYPE_CHECKING:\n    from credbenefits.panel.panel import Panel as P1\n",
        "Imports point down",
    ),
    "numerics that read frames": ("numerics/roots.py", "import pandas as pd\n", "Numerics are pure"),
    "a question that knows a frame": (
        "questions/words.py",
        "import narwhals as nw\n",
        "Questions know no frame",
    ),
    "another room's way to link": (
        "weighting/balance.py",
        "from credbenefits.panel.matching.exact import how_exact\n",
        "The ways to link are the panel's alone",
    ),
    "a private file of another folder": (
        "panel/flow.py",
        "from credbenefits.numerics.groups._closed import newcombe\n",
        "numerics.groups._closed.newcombe is private",
    ),
    "a private name of another room": (
        "reporting/blocks.py",
        "from credbenefits.results.base import _CSS\n",
        "results.base._CSS is private",
    ),
    "a circle of types": (
        "questions/spelling.py",
        "if TYPE_CHECKING:\n    from credbenefits.questions.item import Item as I1\n",
        "circle: questions.item <- questions.spelling",
    ),
    "an import by name": (
        "numerics/wilson.py",
        "import importlib\nLATE = importlib.import_module('credbenefits.panel.panel')\n",
        "loaded by name: numerics.wilson",
    ),
    "an import by another name": (
        "numerics/arguments.py",
        "from importlib import import_module as late\nLATE = late('credbenefits.panel.panel')\n",
        "loaded by name: numerics.arguments",
    ),
    "an import by name where another is allowed": (
        "results/tables.py",
        "import importlib\nLATE = importlib.import_module('credbenefits.numerics.wilson')\n",
        "loaded by name: results.tables",
    ),
    "a way up beside the one way": (
        "results/base.py",
        "LATE = import_module('credbenefits.numerics.wilson')\n",
        "loaded by name: results.base",
    ),
    "a private name by way of its file": (
        "reporting/rounding.py",
        "from credbenefits.results import output\nPRIVATE = output._type_of\n",
        "reporting.rounding, line ",
    ),
    "a private name of an object": (
        "reporting/words.py",
        "def _rows(counts):\n    return counts._n_rows\n",
        "counts._n_rows is private",
    ),
    "a relative import": (
        "weighting/weights.py",
        "from .. import panel\n",
        "relative import: weighting.weights",
    ),
    "an extra at the top": (
        "panel/waves.py",
        "import matplotlib.figure\n",
        "an extra at the top: panel.waves",
    ),
    "pandas in another room": (
        "weighting/balance.py",
        "if TYPE_CHECKING:\n    import pandas as pd\n",
        "names pandas: weighting.balance",
    ),
}


def test_planted_breaches_are_all_found(tmp_path):
    package = tmp_path / "credbenefits"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text, _ in PLANTED.values():
        path = package / file
        path.write_text(path.read_text(encoding="utf-8") + "\n\n" + text, encoding="utf-8")
    done = contracts(tmp_path)
    assert done.returncode != 0
    broken = [line for line in done.stdout.splitlines() if " BROKEN" in line]
    told = "\n".join([*broken, *rooms.breaches(package)])
    missed = [breach for breach, (_, _, finding) in PLANTED.items() if finding not in told]
    assert not missed, f"{missed}\n{told}"


# ---- the public face --------------------------------------------------------------------------------

PUBLIC = [name for name in credbenefits.__all__ if not name.startswith("__")]
ON_ARRAYS = list(stats.__all__)
#: Parts of the package that the face loads when somebody names them.
MODULES_OF_THE_FACE = {"errors", "results", "stats"}


def public(name: str) -> object:
    return getattr(credbenefits if name in PUBLIC else stats, name)


def section(name: str, docstring: str) -> bool:
    return re.search(rf"^{name}\n-{{{len(name)}}}$", docstring, flags=re.MULTILINE) is not None


def test_the_public_face_is_small_and_sorted():
    assert len(credbenefits.__all__) <= MOST_PUBLIC_NAMES
    assert list(credbenefits.__all__) == sorted(set(credbenefits.__all__))
    assert set(credbenefits.__all__) <= set(dir(credbenefits))


def test_the_face_on_arrays_is_small_and_sorted_and_holds_what_the_face_has():
    assert len(ON_ARRAYS) <= MOST_NAMES_ON_ARRAYS
    assert sorted(set(ON_ARRAYS)) == ON_ARRAYS
    on_the_face = {
        n for n in PUBLIC if getattr(credbenefits, n).__module__.startswith("credbenefits.numerics")
    }
    assert on_the_face <= set(ON_ARRAYS)
    assert all(getattr(stats, name) is getattr(credbenefits, name) for name in on_the_face)


def test_completion_offers_what_is_public_only():
    offered = {name for name in dir(credbenefits) if not name.startswith("_")}
    assert offered == {*PUBLIC, *MODULES_OF_THE_FACE} - {"__version__"}


@pytest.mark.parametrize("name", sorted(MODULES_OF_THE_FACE))
def test_a_part_of_the_package_needs_no_import_of_its_own(name):
    code = f"import credbenefits as cb\nassert {name!r} in dir(cb)\nassert cb.{name}.__name__ == 'credbenefits.{name}'"
    assert f"credbenefits.{name}" in loaded_after(code)


def test_type_checkers_see_the_names_that_are_loaded_late():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    told = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and of_ours(node.module or "")
        for alias in node.names
    }
    modules = {name for name, home in told.items() if home == "credbenefits"}
    assert modules == MODULES_OF_THE_FACE == set(credbenefits._MODULES)
    assert {name: home for name, home in told.items() if name not in modules} == credbenefits._HOME
    assert set(told) == set(PUBLIC) | modules


def test_an_unknown_name_raises():
    with pytest.raises(AttributeError, match="no attribute 'proportion'"):
        credbenefits.proportion  # noqa: B018


@pytest.mark.parametrize("name", sorted({*PUBLIC, *ON_ARRAYS}))
def test_public_name_is_documented(name):
    thing = public(name)
    docstring = inspect.getdoc(thing) or ""
    assert docstring, f"{name} has no docstring"
    wanted = []
    if inspect.isfunction(thing):
        wanted = ["Parameters"] if inspect.signature(thing).parameters else []
        wanted += ["Returns", "Examples"]
    missing = [title for title in wanted if not section(title, docstring)]
    if inspect.isclass(thing) and not section("Parameters", docstring):
        # Made by a function of ours rather than by hand: its docstring lists what it holds.
        missing += [] if section("Attributes", docstring) else ["Parameters or Attributes"]
    assert not missing, f"{name} lacks the sections {missing}"


@pytest.mark.parametrize("name", sorted({*PUBLIC, *ON_ARRAYS}))
def test_docstring_names_every_argument(name):
    thing = public(name)
    docstring = inspect.getdoc(thing) or ""
    if not section("Parameters", docstring):
        return
    listed = re.split(r"\n\w[\w ]*\n-{4,}\n", docstring.split("Parameters\n----------\n")[1])[0]
    named = {
        n.strip()
        for line in re.findall(r"^\*{0,2}(\w[\w, ]*)(?: :|$)", listed, flags=re.MULTILINE)
        for n in line.split(",")
    }
    assert named == set(inspect.signature(thing).parameters)


@pytest.mark.parametrize("name", sorted({*PUBLIC, *credbenefits.results.__all__}))
def test_help_shows_nothing_private(name):
    thing = getattr(credbenefits if name in PUBLIC else credbenefits.results, name)
    shown = pydoc.plain(pydoc.render_doc(thing))
    assert not re.search(r"[(,] *_[a-z]\w*:", shown), "a private parameter"
    # `argument` is for our own error messages.
    assert not re.search(r"\bargument: ", shown)


def test_the_face_on_arrays_loads_no_frame_library():
    loaded = loaded_after("from credbenefits import stats\nstats.proportion_interval(40, 120)")
    assert not loaded & {"pandas", "narwhals", "polars", "pyarrow", "statsmodels", "matplotlib"}


# ---- what an import costs ---------------------------------------------------------------------------


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def loaded_after(code: str) -> set[str]:
    done = run([sys.executable, "-c", f"import sys\n{code}\nprint('\\n' + '\\n'.join(sys.modules))"])
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split("\n"))


def test_importing_loads_next_to_nothing():
    loaded = loaded_after("import credbenefits")
    assert "credbenefits" in loaded
    assert not loaded & {"scipy.stats", "statsmodels", "matplotlib"}


def test_one_proportion_loads_neither_statsmodels_nor_matplotlib():
    loaded = loaded_after(
        "import pandas as pd, credbenefits as cb\n"
        "data = pd.DataFrame({'yes': [1] * 30 + [0] * 20})\n"
        "result = cb.proportions(data, 'yes')\n"
        "repr(result), result._repr_html_(), result.to_frame()"
    )
    assert "credbenefits.estimators.proportions" in loaded
    assert not loaded & {"statsmodels", "matplotlib"}


# ---- what the files of the project say ----------------------------------------------------------------


def files_of_the_project() -> list[Path]:
    """List what git tracks or would add; skip the test where there is no git."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    if done.returncode != 0:
        pytest.skip("git cannot read this checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def machine_words() -> re.Pattern[str]:
    """Match absolute paths of somebody's machine, and hosts of package registries."""
    paths = "|".join(["home", "root", "work", "Users", "tmp/v"])
    hosts = "|".join([r"pypi\.org", r"files\.pythonhosted", r"conda\.anaconda\.org", r"registry\.npmjs"])
    return re.compile(rf"(?<![\w.~$}}>)-])/(?:{paths})/[^\s)]*|{hosts}")


def test_the_search_for_machine_paths_finds_them():
    # A bar stands for a slash and a comma for a dot, so that this file does not hold what it looks for.
    found = machine_words()
    for bad in (
        "|root|x",
        "'|home|me|y'",
        "(|work|main|z)",
        "file:|||work|x",
        "|tmp|v|x",
        "https:||pypi,org|x",
    ):
        assert found.search(bad.replace("|", "/").replace(",", ".")), bad
    for good in ("https://example.org/work/x", "docs/work/x", "../shared", "$HOME/work/x", "/usr/bin/env"):
        assert not found.search(good), good


def test_no_file_names_a_machine_or_a_registry():
    found = machine_words()
    told = [
        f"{path.relative_to(ROOT)}:{number}: {hit.group()}"
        for path in files_of_the_project()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        for hit in found.finditer(line)
    ]
    assert not told, "\n".join(told)


# ---- one version, one test command --------------------------------------------------------------------


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    cited = re.search(r'^version: "?([^"\s]+)"?$', citation, flags=re.MULTILINE)
    assert cited is not None
    assert credbenefits.__version__ == project["version"] == cited.group(1)
    assert f"## [{credbenefits.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme():
    runner = ROOT / ".ci" / "run"
    if shutil.which("bash") is None or not runner.exists():
        pytest.skip("needs bash and .ci/run")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2, "README.md needs two sh blocks: to install, and to test"
    assert "pytest" in blocks[1]
    assert ".venv" in blocks[1]
    done = run(["bash", str(runner), "--show"])
    assert done.returncode == 0, done.stderr
    assert done.stdout == blocks[1]


@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "docs").glob("*.py")]), ids=lambda p: p.name
)
def test_what_benchmarks_and_pages_import_is_there(path):
    """Nothing else runs them in the ordinary gates, so a name that is gone would go unseen."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("credbenefits"):
            module = importlib.import_module(node.module)
            for alias in node.names:
                is_there = hasattr(module, alias.name) or importlib.util.find_spec(
                    f"{node.module}.{alias.name}"
                )
                assert is_there, f"{path.name}: {node.module}.{alias.name}"
