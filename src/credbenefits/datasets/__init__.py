"""Example studies, generated in code: no file is read and nothing is downloaded."""

from __future__ import annotations

from credbenefits.datasets._credentials import load_credentials

__all__ = ["load_credentials"]
