"""What a run writes for editors besides masks: which kinds there are, their files, and the sinks that write them."""

from vos.exports.plan import Exports
from vos.exports.settings import KINDS, ExportSettings, parse_alpha, parse_kinds

__all__ = ["KINDS", "ExportSettings", "Exports", "parse_alpha", "parse_kinds"]
