"""Print the lowest version that pyproject.toml declares of each package, as constraints for pip.

python .ci/lowest.py >constraints.txt
"""

import re
import tomllib
from pathlib import Path

declared = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
project = tomllib.loads(declared)["project"]
extras = project["optional-dependencies"]
tested = [name for extra in ("plot", "duckdb", "io", "test") for name in extras[extra]]
for requirement in [*project["dependencies"], *tested]:
    bound = re.fullmatch(r"([\w.-]+)>=([\w.]+)", requirement)
    if bound:
        print(f"{bound[1]}=={bound[2]}")
    elif not requirement.startswith(f"{project['name']}["):
        raise SystemExit(f"{requirement!r} declares no lowest version")
