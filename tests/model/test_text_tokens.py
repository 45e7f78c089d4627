"""What each habit of chat is read as. A row is a message and its tokens, joined by spaces."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.text import MARKS, SPECIAL_TOKENS, tokenise

WORDS = (
    "the so good no way wait what happy cat blob pepe cry see you can 100 yes help cool now bold quiet angry alpha "
    "pizza anna café they"
)
VOCABULARY = {word: rank for rank, word in enumerate(WORDS.split())}


def read(message: str) -> str:
    return " ".join(tokenise(message, VOCABULARY))


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("See You", "see you"),
        ("WAIT what", "wait <caps> what"),
        ("YES YES you CAN", "yes <caps> yes you can"),  # once a message
        ("OK I see", "ok i see"),  # two letters are no shout
        ("CAFÉ", "café <caps>"),
        ("ｓｏ ｇｏｏｄ", "so good"),
        ("z̸̢̛a̴͝l̶̨g̷o̴", "zalgo"),
        ("so\u200bgood", "sogood"),
        ("so\u2028good\r\nnow", "so good now"),
    ],
)
def test_case_and_characters(message: str, tokens: str) -> None:
    assert read(message) == tokens


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("don't", "do n't"),
        ("don’t", "do n't"),
        ("dont", "do n't"),
        ("didnt", "did n't"),
        ("CAN'T", "ca n't <caps>"),
        ("wont", "wo n't"),
        ("cannot", "can not"),
        ("ain't", "ai n't"),
        ("she'll", "she 'll"),
        ("we're they've he'd", "we 're they 've he 'd"),
        ("I'm im", "i 'm i 'm"),
        ("Anna's", "anna 's"),
        ("i'd've", "i 'd 've"),
        ("lets y'all", "let 's you all"),
        ("gonna wanna gotta", "gon na wan na got ta"),
        ("rock'n'roll", "rock n roll"),
        ("dooon't", "dooo n't"),
    ],
)
def test_contractions_are_spelled_as_glove_spells_them(message: str, tokens: str) -> None:
    assert read(message) == tokens


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("sooooo", "so <long>"),
        ("goooood", "good <long>"),  # "good" and not "god": the commoner word that is known
        ("coooool", "cool <long>"),
        ("NOOOO wayyyy", "no <long> <caps> way <long>"),
        ("yesss!!!", "yes <long> ! <repeat>"),
        ("good", "good"),
        ("haha", "haha"),
        ("hahahahahaha", "haha <long>"),
        ("HEHEHE", "haha <caps>"),
        ("ahahah jajaja lolol ksksks", "haha haha haha haha"),
        ("hah", "hah"),
    ],
)
def test_elongations_and_laughter(message: str, tokens: str) -> None:
    assert read(message) == tokens


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("what?", "what ?"),
        ("what???", "what ? <repeat>"),
        ("what?!", "what ? !"),
        ("wait...", "wait ..."),
        ("wait…", "wait ..."),
        ("wait..........no", "wait ... no"),
        ("100", "100"),
        ("5", "5"),
        ("3,000 3.5 1-0 2/3", "<number> <number> <number> <number>"),
        ("½", "<number>"),
        ("5:30 17:45:10", "<time> <time>"),
        ("5:30pm", "<time> pm"),
        ("20% $5", "20 % $ 5"),
    ],
)
def test_punctuation_numbers_and_times(message: str, tokens: str) -> None:
    assert read(message) == tokens


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("https://example.org/a?b=c#d", "<url>"),
        ("see <https://example.org> now", "see <url> now"),
        ("www.example.org discord.gg/abc", "<url> <url>"),
        ("<@123> <@!123>", "<user> <user>"),
        ("<@&123>", "<role>"),
        ("<#123>", "<channel>"),
        ("</help:123> </help me now:123>", "<command> <command>"),
        ("<t:1618953630> <t:1618953630:R>", "<time> <time>"),
        ("@everyone @here", "<everyone> <everyone>"),
        ("@anna", "@ anna"),
        ("@everyones", "@ everyones"),
    ],
)
def test_links_and_mentions(message: str, tokens: str) -> None:
    assert read(message) == tokens


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("<:blobHappy:123>", "<custom> blob happy"),
        ("<a:pepe_cry:123>", "<custom> pepe cry"),
        (":pepecry:", "<custom> pepe cry"),
        (":cat:", "<custom> cat"),
        ("#happycat", "happy cat"),
        ("#SoGood", "so good"),
        ("#cat", "cat"),
    ],
)
def test_names_of_custom_emoji_shortcodes_and_hashtags_are_hints(message: str, tokens: str) -> None:
    assert read(message) == tokens


@pytest.mark.parametrize("name", ["angry", "anna", "alpha", "pizza"])
@pytest.mark.parametrize("written", [":{}:", "<:{}:123>", "<a:{}:123>"])
def test_the_name_of_a_custom_emoji_keeps_its_first_and_last_letter(written: str, name: str) -> None:
    assert read(written.format(name)) == f"<custom> {name}"


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("||so good||", "so good"),
        ("**bold** __bold__ ~~bold~~ *bold* ***bold***", "bold bold bold bold bold"),
        ("`x = 1`", "<code>"),
        ("see ```py\nimport os\n\nos.abort()\n``` now", "see <code> now"),
        ("`so good", "so good"),
        ("```so good", "so good"),
        ("> so good\nno", "<quote> so good no"),
        ("see\n> so\n>>> good", "see <quote> so <quote> good"),
        ("# See you\n- now", "see you - now"),
        ("**happy**:)", "happy <smile>"),
    ],
)
def test_markdown(message: str, tokens: str) -> None:
    assert read(message) == tokens


EMOTICONS = {
    "<smile>": ":) :-) =) :] :') (: (-: ^_^ ^^ :))) :^) :o)",
    "<laugh>": ":D :-D =D xD XD xDDD 8D",
    "<wink>": ";) ;-) ;] ;D",
    "<frown>": ":( :-( =( :[ ): :c :(((",
    "<cry>": ":'( :'-( :,( T_T T.T ;_; ;-;",
    "<heart>": "<3",
    "<brokenheart>": "</3",
    "<tongue>": ":P :p =P :-p ;P",
    "<gasp>": ":O :o :-O :0 o_o O.o 0_0 D:",
    "<skeptic>": ":/ :-/ :\\ =/ :S :x",
    "<flat>": ":| :-| -_- -.-",
    "<kiss>": ":* :-*",
    "<salute>": "o7 O7",
    "<cheer>": "\\o/",
    "<shrug>": "¯\\_(ツ)_/¯ \\_(ツ)_/",
    "<cute>": ":3 u_u",
    "<angry>": ">:( >:-( >_< >.<",
}


@pytest.mark.parametrize(("mark", "emoticon"), [(mark, one) for mark, row in EMOTICONS.items() for one in row.split()])
def test_emoticons(mark: str, emoticon: str) -> None:
    assert read(emoticon) == mark
    assert read(f"so {emoticon} good") == f"so {mark} good"


@pytest.mark.parametrize("message", ["5<30", "step 3:then 4", "foo7", "mad:e", "(see you)", "yes/no", "exDream"])
def test_what_only_looks_like_an_emoticon_is_not_one(message: str) -> None:
    assert not any(token in MARKS for token in tokenise(message, VOCABULARY))


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("🔥", "🔥"),
        ("🔥🔥🔥", "🔥 <repeat>"),
        ("🔥🎉🔥", "🔥 🎉 🔥"),
        ("so🔥good", "so 🔥 good"),
        ("👍🏽👍🏿", "👍 <repeat>"),
        ("❤️ and ❤", "❤ and ❤"),
        ("👩‍🚀", "👩 🚀"),
        ("🤷🏽‍♀️", "🤷"),
        ("🇩🇪", "<flag>"),
        ("🇫🇷🇩🇪", "<flag> <flag>"),
        ("🏳️‍🌈", "🏳 🌈"),
        ("1️⃣", "1"),
        ("‼️", "! <repeat>"),
    ],
)
def test_unicode_emoji(message: str, tokens: str) -> None:
    assert read(message) == tokens


CORRECT = "their there happy birthday tomorrow because friend definitely congratulations than thank form from at"
SPELLING = {word: rank for rank, word in enumerate((*SPECIAL_TOKENS, *CORRECT.split()))}


def spelled(message: str, vocabulary: Mapping[str, int] = SPELLING) -> str:
    return " ".join(tokenise(message, vocabulary))


@pytest.mark.parametrize(
    ("typo", "word"),
    [
        ("haappy", "happy"),  # a letter twice
        ("hapy", "happy"),  # one left out
        ("happu", "happy"),  # another in its place
        ("hapyp", "happy"),  # two that changed places
        ("happyx", "happy"),  # one more at the end
        ("birthdya", "birthday"),
        ("brthday", "birthday"),
        ("tommorow", "tommorow"),  # two edits away
        ("tommorrow", "tomorrow"),
        ("becuase", "because"),
        ("freind", "friend"),
        ("definately", "definitely"),
        ("congradulations", "congratulations"),
        ("BIRTDAY", "birthday <caps>"),
        ("freind's", "friend 's"),
    ],
)
def test_a_misspelt_word_is_read_as_the_word_one_edit_away(typo: str, word: str) -> None:
    assert spelled(typo) == word


def test_of_the_words_one_edit_away_the_commonest_is_meant() -> None:
    assert spelled("thier") == "their"
    assert spelled("thenk") == "thank"
    assert spelled("thand") == "than"  # "thank" is as near and rarer
    assert spelled("thand", {**SPELLING, "than": len(SPELLING)}) == "thank"
    assert spelled("theire") == "their"
    assert spelled("theere") == "there"
    assert spelled("thein") == "their"


def test_only_common_words_are_meant() -> None:
    assert spelled("hapy", {"happy": 19_999}) == "happy"
    assert spelled("hapy", {"happy": 20_000}) == "hapy"


@pytest.mark.parametrize("typo", ["jappy", "appy", "ahppy", "xhappy", "riend", "rfiend"])
def test_the_first_letter_counts_as_right(typo: str) -> None:
    assert spelled(typo) == typo


@pytest.mark.parametrize("word", CORRECT.split())
def test_a_known_word_stays_though_a_commoner_one_is_near(word: str) -> None:
    assert spelled(word) == word


@pytest.mark.parametrize(
    "word",
    [
        "fom",  # three letters
        "att",
        "happý",
        "häppy",
        "hapрy",  # a Cyrillic letter
        "x" + "ab" * 10,
        "ab" * 200,
    ],
)
def test_short_long_and_foreign_words_are_left_as_they_are(word: str) -> None:
    near = {word[:-1]: 0, word + "s": 1, word[:-1] + "a": 2, word.replace("ý", "y").replace("ä", "a"): 3, "happy": 4}
    near.pop(word, None)

    assert spelled(word, near) == word


def test_words_of_four_to_sixteen_letters_are_corrected() -> None:
    assert spelled("atab", {"atb": 0}) == "atb"
    assert spelled("a" + "bc" * 7 + "d", {"a" + "bc" * 7: 0}) == "a" + "bc" * 7
    assert spelled("a" + "bc" * 8, {"a" + "bc" * 7 + "b": 0}) == "a" + "bc" * 8


def test_only_the_first_four_unknown_words_of_a_message_are_corrected() -> None:
    assert spelled("hapyp hapyp zqzq happy hapyp hapyp", {"happy": 0}) == "happy happy zqzq happy happy hapyp"


def test_without_a_vocabulary_no_word_is_altered() -> None:
    assert spelled("freind hapy", {}) == "freind hapy"


ascii_words = st.text("abcdehipqrty", min_size=1, max_size=22)
edited = st.tuples(st.sampled_from(CORRECT.split()), st.integers(0, 15), st.integers(0, 2), ascii_words).map(
    lambda edit: edit[0][: edit[1]] + edit[3][:1] + edit[0][edit[1] + edit[2] :]
)


@given(ascii_words | edited)
@example("hapyp")
@example("thand")
@example("ahppy")
def test_a_word_is_read_as_a_known_word_with_its_first_letter_or_as_itself(word: str) -> None:
    plain = {known: rank for known, rank in SPELLING.items() if known not in SPECIAL_TOKENS}
    tokens = tokenise(word, plain)

    if len(tokens) == 1 and tokens != ["haha"]:
        [token] = tokens
        assert token == word or (token in plain and token[0] == word[0] and abs(len(token) - len(word)) <= 1)


class CountingVocabulary(Mapping[str, int]):
    """A vocabulary that counts how often it is asked for a token."""

    asked = 0

    def __getitem__(self, token: str) -> int:
        self.asked += 1
        return SPELLING[token]

    def __iter__(self) -> Iterator[str]:
        return iter(SPELLING)

    def __len__(self) -> int:
        return len(SPELLING)


@pytest.mark.parametrize("length", [4, 12, 16, 17, 500, 4000])
def test_a_misspelt_word_costs_a_bounded_number_of_look_ups(length: int) -> None:
    vocabulary = CountingVocabulary()

    tokenise(("zq" * length)[:length], vocabulary)

    # For each of at most 16 letters: 26 more, 26 others, one fewer, two that change places.
    assert 0 < vocabulary.asked <= 16 * 54 + 5


def test_many_misspelt_words_cost_little_more_than_a_few() -> None:
    def look_ups(words: int) -> int:
        vocabulary = CountingVocabulary()
        tokenise("zqzqzqzq " * words, vocabulary)
        return vocabulary.asked

    assert look_ups(1) > 100
    assert look_ups(400) < look_ups(4) + 2 * 400


@pytest.mark.parametrize("message", ["", "   \n\t", "\u200b\u200d\ufe0f", "||  ||", "****"])
def test_nothing_to_read_makes_no_token(message: str) -> None:
    assert read(message) == ""
