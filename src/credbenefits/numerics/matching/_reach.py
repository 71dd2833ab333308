"""How few elements of a candidate pair must agree: few enough for most matches, without too much work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.matching._model import Distribution, visible
from credbenefits.numerics.matching._relatives import stranger_distribution
from credbenefits.numerics.matching._search import Reach, n_passes
from credbenefits.numerics.matching.candidates import fewest_agree

if TYPE_CHECKING:
    from credbenefits.numerics.matching._evidence import Agreement

#: Share of the matches that should be candidates, if each element of a match agrees with this probability.
_ENOUGH, _AGREE = 0.97, 0.95
#: Most candidates that strangers may be expected to give, and most passes of a search.
_MOST_EXPECTED, _MOST_PASSES = 5_000_000, 500


def nearest_reach(n_elements: int, max_disagreements: int) -> Reach:
    """Return the reach for codes without blanks."""
    most = min(max_disagreements, n_elements // 2)
    return Reach(n_elements - most, most)


def reach_for(agreement: Agreement, n_pairs: float, max_disagreements: int) -> tuple[Reach, bool]:
    """Require fewer elements to agree until enough matches are candidates.

    Also return whether that stopped early, because strangers would give too many candidates.
    """
    n = agreement.blank.size
    reach = nearest_reach(n, max_disagreements)
    match, strangers = Distribution(np.full(n, _AGREE), np.zeros(n)), stranger_distribution(agreement)
    enough = _ENOUGH * visible(match, np.zeros(n), reach).overall
    while reach.agree > fewest_agree(n) and visible(match, agreement.blank, reach).overall < enough:
        wider = reach._replace(agree=reach.agree - 1)
        expected = n_pairs * visible(strangers, agreement.blank, wider).overall
        if expected > _MOST_EXPECTED or n_passes(n, wider) > _MOST_PASSES:
            return reach, True
        reach = wider
    return reach, False
