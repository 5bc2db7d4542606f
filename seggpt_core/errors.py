"""The one family of errors a user meets."""


class SegGPTError(Exception):
    """Anything that a user can be told in one line. `vos` exports it as `VosError`."""


class InputError(SegGPTError):
    """Something the user can mend: the message names the value received and what would be right."""


class WorkError(SegGPTError):
    """Work that failed after it was accepted: the message names what failed and where."""
