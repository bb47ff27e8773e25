"""What the modules of `client.native` share: how identifiers are translated, and the settings."""

from __future__ import annotations

from typing import cast

from martech.provider import M, Resource
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.settings import DotdigitalSettings

__all__ = ["NativeResource"]


class NativeResource(Resource[M]):
    """One area of Dotdigital's own operations."""

    @property
    def _own(self) -> DotdigitalSettings:
        return cast("DotdigitalSettings", self._provider.settings)

    @property
    def _naming(self) -> Naming:
        return Naming(self._own.own_identifier)
