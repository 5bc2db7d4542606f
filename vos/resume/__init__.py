"""What a run keeps beside its masks until it is done, so that it goes on after a kill as if nothing had happened."""

from vos.resume.folder import FOLDER, Unfinished
from vos.resume.present import refuse_unfinished, require_present
from vos.resume.resumable import Resumable
from vos.resume.same import require_same
from vos.resume.spool import Spool
from vos.resume.stored_pass import StoredPass

__all__ = [
    "FOLDER",
    "Resumable",
    "Spool",
    "StoredPass",
    "Unfinished",
    "refuse_unfinished",
    "require_present",
    "require_same",
]
