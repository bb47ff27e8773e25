"""The bundle: everything an account has, as a folder of lines that can be kept, compared and read into another."""

from __future__ import annotations

from martech.migration.bundle.comparing import Difference, differences
from martech.migration.bundle.layout import FORMAT, VERSION, Manifest, read_manifest
from martech.migration.bundle.reading import BundleSource
from martech.migration.bundle.writing import export

__all__ = ["FORMAT", "VERSION", "BundleSource", "Difference", "Manifest", "differences", "export", "read_manifest"]
