"""The mixture of matches, relatives and strangers that agreement patterns come from, and its EM steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.matching._evidence import AGREE, FAR, NEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray
    from credbenefits.numerics.matching._search import Reach

#: Probabilities are kept this far from nought.
_LEAST = 1e-12
#: Share of the elements of a match that agree, as believed before any pair is seen.
_PRIOR_AGREE = 0.9


class Distribution(NamedTuple):
    """Probabilities of the levels of each element, given that both answered, in one class of pairs."""

    agree: FloatArray
    near: FloatArray

    @property
    def far(self) -> FloatArray:
        """Probability that two answers are neither the same nor near."""
        return 1.0 - self.agree - self.near

    def log_probability(self, levels: NDArray[np.int8]) -> FloatArray:
        """Log of the probability of each pattern; a missing answer says nothing."""
        table = np.zeros((4, self.agree.size))
        table[[AGREE, NEAR, FAR]] = np.log(np.maximum([self.agree, self.near, self.far], _LEAST))
        total = np.zeros(levels.shape[0])
        for element in range(self.agree.size):
            total += table[levels[:, element], element]
        return total


class Visible(NamedTuple):
    """Probability of being a candidate, and given that one element agrees, or differs (both answered)."""

    overall: float
    if_agree: FloatArray
    if_differ: FloatArray


def visible(distribution: Distribution, blank: FloatArray, reach: Reach) -> Visible:
    """Work out the probability that enough elements agree, and few enough that both answered differ."""
    n = distribution.agree.size
    most, differ = n - reach.agree, min(reach.disagree, n - reach.agree)
    # For each element, over all others: the probability that so many (axis 1) do not agree, so many (2)
    # differ.
    others = np.zeros((n, most + 1, differ + 1))
    others[:, 0, 0] = 1.0
    one, off = np.eye(n)[:, :, None, None], (1.0 - np.eye(n))[:, :, None, None]
    both = 1.0 - blank
    agrees = one + off * (both * distribution.agree)[:, None, None, None]
    blanks = off * blank[:, None, None, None]
    differs = 1.0 - agrees - blanks
    for agree_here, blank_here, differ_here in zip(agrees, blanks, differs, strict=True):
        before, others = others, others * agree_here
        others[:, 1:] += before[:, :-1] * blank_here
        others[:, 1:, 1:] += before[:, :-1, :-1] * differ_here
    if_agree = others.sum(axis=(1, 2))
    if_blank, if_differ = others[:, :-1].sum(axis=(1, 2)), others[:, :-1, :-1].sum(axis=(1, 2))
    first = both[0] * (distribution.agree[0] * if_agree[0] + (1.0 - distribution.agree[0]) * if_differ[0])
    return Visible(max(float(first + blank[0] * if_blank[0]), _LEAST), if_agree, if_differ)


def level_counts(levels: NDArray[np.int8], expected: FloatArray) -> FloatArray:
    """Add up the expected pairs by level (agree, near, far) and element."""
    return np.array([(levels == level).T @ expected for level in (AGREE, NEAR, FAR)])


def update(
    distribution: Distribution,
    seen: FloatArray,
    *,
    n_seen: float,
    blank: FloatArray,
    reach: Reach,
    prior_weight: float,
    alike: bool,
) -> tuple[Distribution, float]:
    """Take one EM step of a class from its expected candidates: new probabilities, and the number in all.

    The pairs that the search for candidates cannot see are put back as the present probabilities expect them.
    What is believed beforehand counts as much as `prior_weight` pairs at most: that an element agrees in nine
    of ten, or where elements are `alike`, as often as all of them together do.
    """
    view = visible(distribution, blank, reach)
    total = n_seen / view.overall
    hidden = np.array([1.0 - view.if_agree, 1.0 - view.if_differ, 1.0 - view.if_differ])
    unseen = (
        total * (1.0 - blank) * np.array([distribution.agree, distribution.near, distribution.far]) * hidden
    )
    result = seen + unseen
    centre, weight = _belief(result, prior_weight) if alike else (_PRIOR_AGREE, prior_weight)
    near = np.where(distribution.near > 0, (1.0 - centre) / 2.0, 0.0)
    counts = result + weight * np.array([np.full(near.size, centre), near, 1.0 - centre - near])
    share = counts / counts.sum(axis=0)
    return Distribution(share[0], share[1]), total


def _belief(found: FloatArray, most: float) -> tuple[float, float]:
    """Return how often an element is believed to agree, and how many pairs that belief counts for.

    The shares of the elements are modelled as draws from one beta distribution. Its variance is the observed
    one less twice the sampling variance: where elements are plainly unlike, one says little about another.
    """
    centre = float((found[0].sum() + most * _PRIOR_AGREE) / (found.sum() + most))
    pairs = np.maximum(found.sum(axis=0), _LEAST)
    beyond = float(np.mean((found[0] / pairs - centre) ** 2 - 2.0 * centre * (1.0 - centre) / pairs))
    weight = centre * (1.0 - centre) / beyond if beyond > 0.0 else most
    return centre, min(max(weight, 1.0), most)
