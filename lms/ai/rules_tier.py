"""Items without any model: from the sentences of a source, or from the items of the bank put together anew.

What comes of it is right by the source or by the keys of the bank; where neither makes an item of a kind, there is none. The same
brief, source and bank give the same items in the same order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from lms.ai import rules_bank, rules_source
from lms.ai.model import Brief, Draft
from lms.ai.rules_ground import Ground, ground
from lms.questions.model import Kind, Question

VERSION = "rules-2"

Maker = Callable[[Ground], Iterator[Draft]]
FROM_SOURCE: Mapping[Kind, Maker] = {
    "single_choice": rules_source.choices,
    "multiple_choice": rules_source.many,
    "true_false": rules_source.statements,
    "short_text": rules_source.typed_words,
    "numeric": rules_source.missing_numbers,
    "matching": rules_source.halves,
    "ordering": rules_source.steps,
    "cloze": rules_source.gaps,
}
FROM_BANK: Mapping[Kind, Maker] = {
    "single_choice": rules_bank.choices,
    "multiple_choice": rules_bank.many,
    "true_false": rules_bank.statements,
    "matching": rules_bank.couples,
}


def drafts(
    kind: Kind, brief: Brief, source: str, bank: Sequence[Question], seed: str
) -> Iterator[Draft]:
    """All items of a kind that the rules can make, in an order that the seed decides."""
    maker = (FROM_SOURCE if source.strip() else FROM_BANK).get(kind)
    if maker is not None:
        yield from maker(ground(brief, source, bank, f"rules|{seed}|{kind}"))
