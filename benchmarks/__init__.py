"""Timing of whole commands and hot paths; see `harness` for the rules."""
