"""What the scripted models know: they make items out of the material's own sentences, and solve items by looking them up in it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BLANK = "_____"
_FENCE = re.compile(r"----- (\w+) ([0-9a-f]+) begins -----\n(.*?)\n----- \1 \2 ends -----", re.S)
_SENTENCE = re.compile(r"[^.!?؟\n]+[.!?؟]?")
_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile("“(.*)”", re.S)

FRAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "single_choice": "Which word is missing? “{}”",
        "short_text": "Which word is missing here? Write it down. “{}”",
        "numeric": "Which number is missing? “{}”",
        "count": "How many words are there in this sentence? “{}”",
        "true_false": "Is this statement right? “{}”",
        "multiple_choice": "Several answers may be right. Which of these words belong to the sentence that begins with “{}”?",
        "matching": "Match each sentence with the word that it lacks.",
        "ordering": "Put the parts of the sentence in order, from its beginning to its end.",
        "cloze": "{}",
        "aim": "The learner knows this: “{}”",
        "mistake": "Words that sound alike are mixed up.",
        "why": "This is what the sentence says: {}",
        "sum": "The sum of {} and {} is {}.",
    },
    "ar": {
        "single_choice": "ما الكلمة الناقصة؟ “{}”",
        "short_text": "ما الكلمة الناقصة هنا؟ اكتبها. “{}”",
        "numeric": "ما العدد الناقص؟ “{}”",
        "count": "كم كلمة في هذه الجملة؟ “{}”",
        "true_false": "هل هذه العبارة صحيحة؟ “{}”",
        "multiple_choice": "قد تصح عدة إجابات. أي هذه الكلمات من الجملة التي تبدأ هكذا “{}”؟",
        "matching": "صل كل جملة بالكلمة التي تنقصها.",
        "ordering": "رتب أجزاء الجملة من أولها إلى آخرها.",
        "cloze": "{}",
        "aim": "يعرف المتعلم هذا: “{}”",
        "mistake": "تختلط الكلمات المتشابهة.",
        "why": "هذا ما تقوله الجملة: {}",
        "sum": "مجموع {} و {} هو {}.",
    },
}
SPARE_WORDS = {
    "en": ["mountain", "window", "silver", "garden", "bridge", "journey", "paper", "winter"],
    "ar": ["الجبل", "النافذة", "الفضة", "الحديقة", "الجسر", "الرحلة", "الورق", "الشتاء"],
}


def think(shape: str, messages: Sequence[Mapping[str, str]]) -> dict[str, Any] | None:
    """The answer to a prompt of the factory as what is to become JSON; None for a shape that nobody here knows."""
    reader = _Reader(messages[-1]["content"])
    answer = ANSWERS.get(shape)
    return answer(reader) if answer is not None else None


@dataclass(frozen=True, slots=True)
class _Reader:
    """What stands in a prompt."""

    text: str

    def fence(self, name: str) -> str:
        found = [str(inner) for one, _, inner in _FENCE.findall(self.text) if one == name]
        return found[0] if found else ""

    @property
    def language(self) -> str:
        told = re.search(r"Language: (\w+)", self.text)
        material = self.fence("material") + self.fence("item")
        arabic = told[1] == "ar" if told else bool(re.search("[\u0600-\u06ff]", material))
        return "ar" if arabic else "en"

    @property
    def kind(self) -> str:
        told = re.search(r"(?:Kind: |of the kind )(\w+)", self.text)
        return str(told[1]) if told else "single_choice"

    @property
    def turn(self) -> int:
        told = re.search(r"This is item (\d+) of (\d+) of series (\d+)", self.text)
        return int(told[1]) - 1 + int(told[2]) * int(told[3]) if told else 0

    @property
    def sentences(self) -> list[str]:
        material = self.fence("material")
        if not material:
            frame = FRAMES[self.language]["sum"]
            return [frame.format(a, b, a + b) for a in range(11, 60) for b in range(12, 60)]
        told = [one.strip() for one in _SENTENCE.findall(material)]
        return [one for one in told if len(_WORD.findall(one)) >= 4 and 12 <= len(one) <= 300]

    @property
    def aim(self) -> str:
        """The sentence that the item is about."""
        told = _QUOTED.search(self.fence("objective"))
        return str(told[1]) if told else ""

    def says(self, kind: str, *words: str) -> str:
        return str(FRAMES[self.language][kind]).format(*words)


# --- Making -----------------------------------------------------------------------------------------


def _objective(reader: _Reader) -> dict[str, Any]:
    usable = reader.sentences or [reader.fence("material")[:200] or "Nothing."]
    if reader.kind == "numeric":
        usable = [one for one in usable if re.search(r"\d", one)] or usable
    # Neighbours are alike where there is no material: the steps between them are longer.
    step = 1 if reader.fence("material") else 131
    at = reader.turn * step % len(usable)
    # What is to be matched takes two sentences that stand together.
    at = min(at, max(0, len(usable) - 2)) if reader.kind == "matching" else at
    sentence = " ".join(usable[at : at + 1 + (reader.kind == "matching")])
    return {
        "objective": reader.says("aim", sentence),
        "quote": sentence if reader.fence("material") else "",
        "misconception": reader.says("mistake"),
    }


def _key_word(sentence: str, *, number: bool = False) -> str:
    """The word that is left out: a number at the end, else the longest that stands there once."""
    words: list[str] = _WORD.findall(sentence)
    numbers = [word for word in words if word.isdecimal()]
    if numbers and (number or words[-1] == numbers[-1]):
        return numbers[-1]
    once = [word for word in words if words.count(word) == 1]
    return max(once or words or ["?"], key=len)


def _blanked(sentence: str, word: str, blank: str = BLANK) -> str:
    before, _, after = sentence.rpartition(word)
    return f"{before}{blank}{after}"


def _others(reader: _Reader, word: str, count: int, sentence: str) -> list[str]:
    """Words that are not this one and of about its length."""
    if word.isdecimal():
        return [str(int(word) + step) for step in (1, 10, 2, 11, 20)][:count]
    own = {one.casefold() for one in _WORD.findall(sentence)}
    every = dict.fromkeys(
        one
        for one in [*_WORD.findall(" ".join(reader.sentences)), *SPARE_WORDS[reader.language]]
        if one.casefold() not in own and len(one) > 3 and not one.isdecimal()
    )
    return sorted(every, key=lambda one: abs(len(one) - len(word)))[:count]


def _stem(reader: _Reader) -> dict[str, Any]:
    sentence = reader.aim
    word = _key_word(sentence, number=reader.kind == "numeric")
    inner = _blanked(sentence, word)
    kind = reader.kind
    if kind == "numeric" and not word.isdecimal():
        kind, inner = "count", sentence
    elif kind == "true_false":
        is_so = len(sentence) % 2 == 0
        wrong = _others(reader, word, 1, sentence)
        inner = sentence if is_so or not wrong else _blanked(sentence, word, wrong[0])
    elif kind == "multiple_choice":
        inner = " ".join(_opening(reader))
    elif kind == "cloze":
        inner = _blanked(sentence, word, "{{gap}}")
    quoted = sentence if reader.fence("material") else ""
    return {
        "title": f"{reader.fence('skill')[:60] or 'Item'} {len(sentence)}",
        "prompt": reader.says(kind, inner),
        "quote": quoted,
    }


def _opening(reader: _Reader) -> list[str]:
    """The words by which the sentence is known."""
    return _WORD.findall(reader.aim)[: 2 if reader.fence("material") else -2]


def _parts(reader: _Reader, **parts: Any) -> dict[str, Any]:
    return {**parts, "explanation": reader.says("why", reader.aim)}


def _choices(reader: _Reader) -> dict[str, Any]:
    sentence, word = reader.aim, _key_word(reader.aim)
    right = [word]
    if reader.kind == "multiple_choice":
        rest = _WORD.findall(sentence)[len(_opening(reader)) :]
        told = dict.fromkeys(one for one in rest if len(one) > 1)
        right = sorted(told, key=len, reverse=True)[:2]
    wrong = _others(reader, word, 5 - len(right) - (len(right) == 1), sentence)
    return _parts(
        reader,
        options=[
            {"text": text, "correct": text in right, "feedback": ""} for text in [*right, *wrong]
        ],
    )


def _truth(reader: _Reader) -> dict[str, Any]:
    told = _QUOTED.search(reader.fence("stem"))
    return _parts(reader, truth=told is not None and told[1] == reader.aim)


def _accepted(reader: _Reader) -> dict[str, Any]:
    return _parts(reader, accepted=[_key_word(reader.aim)])


def _number(reader: _Reader) -> dict[str, Any]:
    word = _key_word(reader.aim, number=True)
    number = word if word.isdecimal() else str(len(_WORD.findall(reader.aim)))
    return _parts(reader, number=number, tolerance="0", units=[])


def _couples(reader: _Reader) -> dict[str, Any]:
    sentences = [one for one in reader.sentences if one in reader.aim]
    couples = [
        {"left": _blanked(one, _key_word(one)), "right": _key_word(one)} for one in sentences
    ]
    extra = _others(reader, couples[0]["right"], 1, " ".join(sentences))
    return _parts(reader, couples=couples, extra=extra)


def _steps(reader: _Reader) -> dict[str, Any]:
    words = reader.aim.strip(".!?؟").split()
    size = max(1, -(-len(words) // 3))
    steps = [" ".join(words[at : at + size]) for at in range(0, len(words), size)]
    return _parts(reader, steps=steps)


def _gaps(reader: _Reader) -> dict[str, Any]:
    return _parts(reader, gaps=[{"id": "gap", "accepted": [_key_word(reader.aim)], "options": []}])


# --- Solving ----------------------------------------------------------------------------------------


def _item(reader: _Reader) -> dict[str, Any]:
    item: dict[str, Any] = json.loads(reader.fence("item"))
    return item


def _inner(item: Mapping[str, Any]) -> str:
    told = _QUOTED.search(item["prompt"])
    return told[1] if told else str(item["prompt"])


def _fitting(reader: _Reader, inner: str, blank: str = BLANK) -> list[str]:
    """What stands in the material where this has its blank."""
    before, found, after = inner.partition(blank)
    pattern = re.compile(re.escape(before.strip()) + r"\s*([^\W_]+)\s*" + re.escape(after.strip()))
    whole = " ".join(reader.sentences)
    return list(dict.fromkeys(pattern.findall(whole))) if found else []


def _choosing(reader: _Reader) -> dict[str, Any]:
    item = _item(reader)
    fitting = _fitting(reader, _inner(item))
    if not item.get("options"):
        return {"sure": len(fitting) == 1, "answer": (fitting or ["?"])[0]}
    ids = [one["id"] for one in item["options"] if one["text"] in fitting]
    return {"sure": len(ids) == 1, "answer": (ids or [item["options"][0]["id"]])[0]}


def _telling(reader: _Reader) -> dict[str, Any]:
    return {"sure": True, "answer": _inner(_item(reader)) in reader.sentences}


def _listing(reader: _Reader) -> dict[str, Any]:
    item = _item(reader)
    options = item["options"]
    if reader.kind == "ordering":
        for sentence in reader.sentences:
            if all(one["text"] in sentence for one in options):
                ordered = sorted(options, key=lambda one: sentence.index(one["text"]))
                return {"sure": True, "answer": [one["id"] for one in ordered]}
        return {"sure": False, "answer": [one["id"] for one in options]}
    begin = _WORD.findall(_inner(item))
    meant = [one for one in reader.sentences if _WORD.findall(one)[: len(begin)] == begin]
    words = set(_WORD.findall(meant[0])) if meant else set[str]()
    ids = [one["id"] for one in options if one["text"] in words]
    return {"sure": bool(ids), "answer": ids}


def _counting(reader: _Reader) -> dict[str, Any]:
    inner = _inner(_item(reader))
    fitting = _fitting(reader, inner) if BLANK in inner else [str(len(_WORD.findall(inner)))]
    return {"sure": len(fitting) == 1, "number": (fitting or ["0"])[0], "unit": ""}


def _filling(reader: _Reader) -> dict[str, Any]:
    item = _item(reader)
    if reader.kind == "cloze":
        fitting = _fitting(reader, item["prompt"], "{{gap}}")
        place = item["gaps"][0]["id"] if item.get("gaps") else "gap"
        answers = [{"place": place, "answer": (fitting or ["?"])[0]}]
        return {"sure": bool(fitting), "answers": answers}
    answers = [
        {"place": left["id"], "answer": right["id"]}
        for left in item["left"]
        for right in item["options"]
        if right["text"] in _fitting(reader, left["text"])
    ]
    return {"sure": len(answers) == len(item["left"]), "answers": answers}


ANSWERS: Mapping[str, Callable[[_Reader], dict[str, Any]]] = {
    "Objective": _objective,
    "Stem": _stem,
    "Choices": _choices,
    "Truth": _truth,
    "Accepted": _accepted,
    "Number": _number,
    "Couples": _couples,
    "Sequence": _steps,
    "Blanks": _gaps,
    "Choosing": _choosing,
    "Telling": _telling,
    "Listing": _listing,
    "Counting": _counting,
    "Filling": _filling,
}
