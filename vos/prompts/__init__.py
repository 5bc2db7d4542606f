"""What a user says of a frame: which pixels are which object, in whatever form, and what the objects are called."""

from vos.prompts.given import GivenMask, parse_given, parse_names
from vos.prompts.prompt import FramePrompt
from vos.prompts.sources import read_prompt

__all__ = ["FramePrompt", "GivenMask", "parse_given", "parse_names", "read_prompt"]
