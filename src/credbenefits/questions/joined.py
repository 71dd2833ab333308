"""Questions about several items: any of them, or all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.questions.item import Item, Joined

if TYPE_CHECKING:
    from credbenefits._typing import Joining
    from credbenefits.questions.item import ItemLike


def any_of(*items: ItemLike, label: str = "") -> Joined:
    """Ask whether people say yes to at least one of several items.

    The question stands wherever an item does: among the items of :func:`proportions`, :func:`compare_groups`
    and :func:`count`, in ``among=``, in ``by=``, and in another `any_of` or `all_of`.

    Parameters
    ----------
    *items : str, Item, or what `any_of` and `all_of` return
        Two items or more, each of its own column or of other answers of one column. A name stands for
        an item with its defaults. Codes for no answer are declared by each item, or by the call.
    label : str, optional
        What people report, as a noun phrase ("any side effect"); by default the items' labels, "a or b".

    Returns
    -------
    Joined
        A question that is a yes or a no.

    Raises
    ------
    InputError
        For fewer than two items, one item twice, and questions that are not yes or no (``each_level``,
        :class:`SelectAll`).

    See Also
    --------
    all_of : whether they say yes to all of them.
    SelectAll : choices of one question that was answered as a whole.

    Notes
    -----
    **Missing answers.** One yes makes a yes, whatever else is missing. A no needs a no to every item. Where
    no item is a yes and an answer is missing, the question has no answer. It is of the first of these kinds
    that the missing answers have: refused, skipped, a missing code, blank. It is "not asked" only if nothing
    that is missing was asked for. This is the logic of three values (Kleene), which uses all that is known.

    It has a price. A missing answer drops people who say no to the rest, and keeps those who say yes. So
    where answers are missing by chance, the share of yes is too high (with `all_of` too low). A note says how
    many rows were decided although an answer was missing, how many could not be, and how many of the others
    are a yes. To estimate from those who answered everything, say so: ``among=all_of(...)`` over the same
    columns, with every answer in ``yes=``.

    In a :class:`SelectAll` a box that is empty is not missing: whoever ticked something answered, so its own
    ``any_of=`` leaves nobody undecided.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({
    ...     "nausea": ["yes", "no", "no", None, "no", "yes"],
    ...     "headache": ["no", "no", "yes", "yes", None, "yes"],
    ... })
    >>> either = cb.any_of("nausea", "headache", label="a side effect")
    >>> cb.proportions(data, either).to_frame()[["item", "count", "n", "n_missing"]]
                item  count  n  n_missing
    0  a side effect      4  5          1
    """
    return _joined("any", items, label)


def all_of(*items: ItemLike, label: str = "") -> Joined:
    """Ask whether people say yes to every one of several items.

    Parameters
    ----------
    *items : str, Item, or what `any_of` and `all_of` return
        Two items or more, as in :func:`any_of`.
    label : str, optional
        What people report, as a noun phrase; by default the labels of the items, "a and b".

    Returns
    -------
    Joined
        A question that is a yes or a no.

    Raises
    ------
    InputError
        As :func:`any_of` does.

    See Also
    --------
    any_of : whether they say yes to at least one of them.

    Notes
    -----
    **Missing answers.** One no makes a no, whatever else is missing. A yes needs a yes to every item. Where
    no item is a no and an answer is missing, the question has no answer, of the kind that :func:`any_of`
    says. Where answers are missing by chance, the share of yes is too low; a note has the numbers.

    Examples
    --------
    Who has quit: no longer smokes, and had no cigarette in 30 days.

    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({
    ...     "smokes_now": ["not at all", "not at all", "daily", "not at all", "some days"],
    ...     "cigarettes": [0, 3, 30, None, None],
    ... })
    >>> quit = cb.all_of(
    ...     cb.Item("smokes_now", yes="not at all"), cb.Item("cigarettes", yes=[0]), label="quit"
    ... )
    >>> result = cb.proportions(data, quit)
    >>> result.to_frame()[["item", "count", "n", "n_missing"]]
       item  count  n  n_missing
    0  quit      1  4          1
    >>> for words in result.notes[-1].split("; "):
    ...     print(words)
    quit: of all 5 rows, 1 is a no despite a missing answer, 1 with some answers is undecided and left out
    where answers are missing by chance, the share is too low: of the 3 complete rows, 1 is a yes
    """
    return _joined("all", items, label)


def _joined(how: Joining, items: tuple[ItemLike, ...], label: str) -> Joined:
    return Joined(how, tuple(Item(item) if isinstance(item, str) else item for item in items), label)
