"""The mixture of matches, relatives and strangers that agreement patterns come from, and its EM steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics._match_evidence import AGREE, FAR, NEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray

#: Chances are kept this far from nought.
_LEAST = 1e-12
#: What is believed before any pair is seen: nine in ten of the elements of a match agree.
_PRIOR_AGREE = 0.9


class Law(NamedTuple):
    """Chances of the levels of each element, given that both answered, in one class of pairs."""

    agree: FloatArray
    near: FloatArray

    @property
    def far(self) -> FloatArray:
        """Chance that two answers are neither the same nor near."""
        return 1.0 - self.agree - self.near

    def log_probability(self, levels: NDArray[np.int8]) -> FloatArray:
        """Log of the chance of each pattern; a missing answer says nothing."""
        table = np.zeros((4, self.agree.size))
        table[[AGREE, NEAR, FAR]] = np.log(np.maximum([self.agree, self.near, self.far], _LEAST))
        total = np.zeros(levels.shape[0])
        for element in range(self.agree.size):
            total += table[levels[:, element], element]
        return total


class Visible(NamedTuple):
    """Chance of being a candidate at all, and given that one element agrees, or does not."""

    overall: float
    if_agree: FloatArray
    if_not: FloatArray


def visible(law: Law, blank: FloatArray, max_disagreements: int) -> Visible:
    """Work out the chance of at most `max_disagreements` non-agreeing elements, blanks among them."""
    agree = (1.0 - blank) * law.agree
    n = agree.size
    others = np.zeros((n, max_disagreements + 1))  # of the other elements, so many do not agree
    others[:, 0] = 1.0
    for element in range(n):
        yes = np.where(np.arange(n) == element, 1.0, agree[element])[:, None]
        one_more = others[:, :-1] * (1.0 - yes)
        others = others * yes
        others[:, 1:] += one_more
    if_agree, if_not = others.sum(axis=1), others[:, :-1].sum(axis=1)
    overall = float(agree[0] * if_agree[0] + (1.0 - agree[0]) * if_not[0])
    return Visible(max(overall, _LEAST), if_agree, if_not)


def level_counts(levels: NDArray[np.int8], expected: FloatArray) -> FloatArray:
    """Add up the expected pairs by level (agree, near, far) and element."""
    return np.array([(levels == level).T @ expected for level in (AGREE, NEAR, FAR)])


def update(
    law: Law,
    seen: FloatArray,
    *,
    n_seen: float,
    blank: FloatArray,
    max_disagreements: int,
    prior_weight: float,
) -> tuple[Law, float]:
    """Take one EM step of a class from its expected candidates: new chances, and the number in all.

    The pairs that the search for candidates cannot see are put back as the present chances expect them. What
    is believed beforehand counts as much as `prior_weight` pairs.
    """
    view = visible(law, blank, max_disagreements)
    total = n_seen / view.overall
    hidden = np.array([1.0 - view.if_agree, 1.0 - view.if_not, 1.0 - view.if_not])
    unseen = total * (1.0 - blank) * np.array([law.agree, law.near, law.far]) * hidden
    near = np.where(law.near > 0, (1.0 - _PRIOR_AGREE) / 2.0, 0.0)
    prior = np.array([np.full(near.size, _PRIOR_AGREE), near, 1.0 - _PRIOR_AGREE - near])
    counts = seen + unseen + prior_weight * prior
    share = counts / counts.sum(axis=0)
    return Law(share[0], share[1]), total
