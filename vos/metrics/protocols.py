"""Whose rules a score follows."""

from enum import StrEnum


class Protocol(StrEnum):
    """A benchmark's rules for scoring, named after the official code that they were read from.

    Which frames and objects are scored is the data set's business; how they are scored is the protocol's.
    """

    DAVIS = "davis"
    """DAVIS 2016 and 2017, MOSE v1: `davis2017/metrics.py` and `davis2017/utils.py` of
    davisvideochallenge/davis2017-evaluation."""

    YOUTUBEVOS = "youtubevos"
    """YouTube-VOS: J and F as in DAVIS, averaged over seen and unseen categories, as the challenge describes it; the
    code of its server is not public."""

    MOSEV2 = "mosev2"
    """MOSE v2: `MOSEv2/sam2_rcms/tools/metricsv2.py` and `score.py` of henghuiding/MOSE-api."""

    LVOS = "lvos"
    """LVOS v1 and v2: `lvos/metrics.py`, `lvos/utils.py` and `evaluation_method.py` of LingyiHongfd/lvos-evaluation."""

    SAV = "sav"
    """SA-V: `sav_dataset/utils/sav_benchmark.py` of facebookresearch/sam2."""

    VOST = "vost"
    """VOST: `evaluation/source/evaluation.py` of TRI-ML/VOST. It scores J only; our F is that of DAVIS."""
