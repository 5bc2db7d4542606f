"""Files appear whole or not at all: `vos` writes them as the core does."""

from seggpt_core.files import replacing, temporary_name

__all__ = ["replacing", "temporary_name"]
