"""Which language a text is in, and how hard it is to read, as far as counting tells."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from lms.ai.gates import wording

# Of fewer letters, or fewer words, nothing can be told.
LETTERS_MIN = 8
WORDS_MIN = 4
SCRIPT_SHARE = 0.5
SENTENCE = re.compile(
    r"[.!?\u061f\u06d4\u3002\uff01\uff1f\u0964]+(?=\s|$)|[\u3002\uff01\uff1f]|\n{2,}"
)

SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "ARABIC": ("ar", "fa", "ur", "ps"),
    "HEBREW": ("he", "yi"),
    "CYRILLIC": ("ru", "uk", "bg", "sr", "mk", "be", "kk"),
    "GREEK": ("el",),
    "CJK": ("zh", "ja"),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "HANGUL": ("ko",),
    "DEVANAGARI": ("hi", "mr", "ne"),
    "BENGALI": ("bn",),
    "TAMIL": ("ta",),
    "THAI": ("th",),
    "ARMENIAN": ("hy",),
    "GEORGIAN": ("ka",),
    "ETHIOPIC": ("am", "ti"),
}
SCRIPTED = frozenset(one for languages in SCRIPTS.values() for one in languages)
# Small words that a text of a language can hardly do without, and that others of its script do not have.
_SMALL: Mapping[str, str] = {
    "en": "the of and is are was were what which who how does do to in with from that this when why it has have by for on be an",
    "es": "el los las una del que cual qué cuál es son por para con como cómo se en y fue este esta quién dónde",
    "fr": "le les des une est sont quel quelle quels dans pour par sur avec du au aux qui et ou cette ce l d comment pourquoi",
    "de": "der die das den dem ein eine einen ist sind war und nicht mit von für wie welche welcher welches zu im auf wird wer",
    "pt": "o os uma do da dos das que qual são por para com como em é foi no na quem onde este pelo ao",
    "it": "il lo gli una del della dei delle che quale sono per con come di è nel nella chi dove questo si alla",
    "nl": "de het een van en is zijn wat welke wie hoe met voor op te niet dat deze wordt aan bij",
    "sv": "och det att är som en ett den vad vilken hur med för på av inte har till",
    "pl": "jest nie na do który która które jak co sié się w z i oraz przez są gdzie",
    "tr": "bir ve bu ile için ne hangi nasıl olarak olan de da mi mı en göre",
    "id": "yang dan di ke dari ini itu apa adalah dengan untuk pada manakah berapa siapa",
    "ru": "и в не на что какой какая как это с по к из для от какие",
    "uk": "і в не на що який яка як це з по до для від які та",
    "ar": "ما من في على إلى عن هو هي أي هذا هذه التي الذي كم كيف ماذا لماذا أو و كان متى أين لا إذا",
    "fa": "از به در که را این است چیست کدام با آن برای چه",
    "ur": "کے کی کا میں ہے سے کو اور کیا ہیں کون یہ",
}
SMALL: Mapping[str, frozenset[str]] = {
    name: frozenset(wording.words(text)) for name, text in _SMALL.items()
}
# So many more small words of another language than of its own make a text one of the other.
FOREIGN_MIN = 3

# Words in a sentence, letters in a word, words in a prompt: at the first level, and more with each.
SENTENCE_WORDS = (14.0, 3.0)
WORD_LETTERS = (6.0, 0.3)
PROMPT_WORDS = (60.0, 40.0)
LONG_WORDED: Mapping[str, float] = {
    "de": 1.2,
    "nl": 1.0,
    "sv": 1.0,
    "ru": 1.2,
    "uk": 1.2,
    "pl": 1.0,
    "tr": 1.4,
    "id": 0.8,
}
# A mean over fewer words than this is chance.
MEAN_MIN_WORDS = 12
SCENARIO_TIMES = 2.5
# Characters that make a word of the scripts without spaces.
UNSPACED = frozenset({"zh", "ja", "th"})
WORD_OF_UNSPACED = 2


def main(language: str) -> str:
    """The language without where it is spoken: "pt" of "pt-BR"."""
    return language.partition("-")[0]


def is_known(language: str) -> bool:
    """Whether more than its script is looked at."""
    return main(language) in SMALL


def fits(text: str, language: str) -> bool:
    """Whether the text may be in this language: its letters, and the small words that give it away."""
    letters = [_script(char) for char in text if char.isalpha()]
    if len(letters) < LETTERS_MIN:
        return True
    own = main(language)
    if sum(_writes(script, own) for script in letters) < SCRIPT_SHARE * len(letters):
        return False
    return own not in SMALL or not _is_foreign(wording.words(text), own)


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _writes(script: str, language: str) -> bool:
    if language in SCRIPTED:
        return language in SCRIPTS.get(script, ())
    return script == "LATIN"


def _is_foreign(words: list[str], own: str) -> bool:
    if len(words) < WORDS_MIN:
        return False
    counted = Counter(
        {name: sum(word in small for word in words) for name, small in SMALL.items()}
    )
    mine = counted.pop(own)
    return max(counted.values()) >= max(FOREIGN_MIN, 2 * mine + 1)


def reading_fault(text: str, language: str, level: int, *, scenario: bool = False) -> str:
    """What makes the text too hard for its level: long, with long sentences, or with long words; empty when nothing does."""
    own = main(language)
    sentences = [_words(part, own) for part in SENTENCE.split(text)]
    words = [word for some in sentences for word in some]
    spoken = max(1, sum(1 for some in sentences if some))
    allowed = _at(PROMPT_WORDS, level) * (SCENARIO_TIMES if scenario else 1.0)
    if len(words) > allowed:
        return "too_much_to_read"
    if len(words) / spoken > _at(SENTENCE_WORDS, level) and len(words) >= MEAN_MIN_WORDS:
        return "long_sentences"
    letters = sum(map(len, words)) / max(1, len(words))
    most = _at(WORD_LETTERS, level) + LONG_WORDED.get(own, 0.0)
    is_long = len(words) >= MEAN_MIN_WORDS and own not in UNSPACED and letters > most
    return "long_words" if is_long else ""


def _words(text: str, language: str) -> list[str]:
    words = wording.words(text)
    if language not in UNSPACED:
        return [word for word in words if not word.isdecimal()]
    return [
        word[at : at + WORD_OF_UNSPACED]
        for word in words
        for at in range(0, len(word), WORD_OF_UNSPACED)
    ]


def _at(line: tuple[float, float], level: int) -> float:
    start, more = line
    return start + more * (level - 1)
