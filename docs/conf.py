"""How the documentation is built: from these pages and the docstrings, with no network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import credbenefits
from credbenefits._typing import ExampleReport

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "benchmarks")]

import _coverage_figures  # noqa: E402
import _linking_figures  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "credbenefits"
author = "The credbenefits developers"
project_copyright = "The credbenefits developers"
version = release = credbenefits.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}

# Every cross-reference must lead somewhere inside these pages.
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Signatures stay short; the docstrings say in words what each argument may be.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# Parameters are written once, in the docstring of the class or of the function that makes it.
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
autosummary_generate = False  # numpydoc loads it; no page uses it

html_theme = "furo"
html_title = f"credbenefits {release}"
html_copy_source = False


def without_signature(*event: object) -> tuple[str, None] | None:
    """Leave out how a result is made, where its docstring already lists what it holds."""
    _app, what, _name, thing, *_ = event
    listed = "\n    Attributes\n" in (thing.__doc__ or "")
    return ("", None) if what == "class" and listed else None


def draw_figures(_app: Sphinx) -> None:
    """Draw the figures of the pages on coverage and on linking before the pages are read."""
    for module in (_coverage_figures, _linking_figures):
        module.draw(HERE / "_data", HERE / "_figures")


def make_example(app: Sphinx, problem: Exception | None) -> None:
    """Run the command, and each of its reports, and put what they write beside the page that shows it."""
    if problem is not None or app.builder.format != "html":
        return
    reports = {f"example-{name}": ["example", "--report", name] for name in get_args(ExampleReport)}
    with tempfile.TemporaryDirectory() as folder:
        for place, arguments in ({"example": []} | reports).items():
            command = [sys.executable, "-m", "credbenefits", *arguments]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            written = f"credbenefits-{place.removeprefix('example-')}"
            shutil.copytree(Path(folder) / written, Path(app.outdir) / place, dirs_exist_ok=True)


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", without_signature)
    app.connect("builder-inited", draw_figures)
    app.connect("build-finished", make_example)
