"""The walk of docs/development/architecture.md: a new kind of question, planted in a copy of the package."""

from planted import Copy

FIELD = """    starts_with: str = ""
"""
CODING = """    if item.starts_with:
        return [_by_start(item, answers)]
"""
BY_START = '''

def _by_start(item: Item, answers: Categories) -> Answers:
    """Tell answers that begin with a text, which are a yes."""
    start = canonical(item.starts_with)
    sides = [YES if canonical(level).startswith(start) else NO for level in answers.levels]
    words = f"begins with {item.starts_with}"
    return Answers(item.column, item.label, words, np.array(sides, np.int8), (words,), note=answers.note)
'''
DOUBTS = """    elif item.starts_with:
        refuse_undeclared(answers, argument, answers=item.values("answers"), of_item=True)
"""
TRY = """
import warnings
import pandas as pd
import credbenefits as cb

warnings.simplefilter("error", cb.errors.DataWarning)
data = pd.DataFrame({
    "opinion": ["Agree strongly", "agree", "Disagree", None, "AGREE"] * 40,
    "more": ["yes", "no", None, "yes"] * 50,
    "role": ["a", "b"] * 100,
    "w": [1.0, 2.0, 0.5, 1.0] * 50,
})
item = cb.Item("opinion", starts_with="agree", label="agreement", missing=99)
how = {"by": "role", "weights": "w", "among": "more"}
rows = cb.proportions(data, item, **how)
one, two = (cb.count(part, item, **how) for part in (data[:90], data[90:]))
assert cb.proportions(one + two) == rows
sent = cb.Counts.from_json((one + two).to_json())
assert sent == one + two
assert cb.proportions(sent) == rows
assert cb.proportions(data, item).rows[0].count == 120
assert cb.proportions(data, "more", among=item).rows[0].base.endswith("who reported agreement")
assert cb.compare_groups(data, item, by="role").rows[0].n == 80
# What only the whole file tells is asked of rows and of counts.
doubtful = data.assign(opinion=data["opinion"].where(data.index % 7 > 0, "Don't know"))
for ask in (lambda: cb.proportions(doubtful, item), lambda: cb.proportions(cb.count(doubtful, item))):
    try:
        ask()
    except cb.errors.InputError as error:
        assert "looks like no answer" in str(error) or "look like no answer" in str(error), error
    else:
        raise AssertionError("no doubt")
print(cb.brief(cb.proportions(data, item), title="Agreement"))
"""


def test_a_new_kind_of_item_is_a_field_what_answers_are_and_what_is_doubtful(tmp_path):
    copy = Copy(tmp_path)
    copy.add("questions/item.py", FIELD, after="    at_most: float | None = None\n")
    answers = "frames/answers.py"
    copy.add(answers, CODING, before="    return [_yes_or_no(item, answers, argument, blank)]\n")
    copy.add(answers, BY_START)
    copy.add(answers, DOUBTS, before="    elif item.yes and not item.no:\n")
    assert "agreement" in copy.run(TRY)
