"""Labelled messages for tests that train: few, short and easy."""

from collections.abc import Iterable
from pathlib import Path

EMOJIFY = {
    0: "i love you|i adore my wife|love you mum|my dear family|i miss my boyfriend|she loves him|hugs and love to you"
    "|my sweet daughter|he loves his children|love from your sister|our love is forever|i love my husband",
    1: "nice pitch|play ball with me|he hit a home run|the baseball game is on|throw the ball|first base"
    "|what a great throw|baseball practice today|bat and ball|the pitcher threw again|our team plays baseball"
    "|let us play catch",
    2: "that is so funny|this joke is great|i am so happy today|congratulations on your success|what a wonderful day"
    "|good news everyone|you made me laugh|we had so much fun|great job|i feel very happy|amazing work|lovely to hear",
    3: "this is so sad|i failed the exam|i feel terrible|what a bad day|she is very upset|my work is awful"
    "|i am disappointed|he lost his job|bad news again|that was a horrible mistake|i am so lonely|sad and tired",
    4: "i want to eat|dinner is ready|who wants lunch|let us cook pasta|i am hungry|the pizza is here"
    "|breakfast with eggs|we ate rice and beans|order some food|this soup is delicious|i cooked a meal|eat your dinner",
}
"""Twelve sentences of each class of the seed task, separated by bars."""

CHAT = [
    ("the dog ate my shoe", "😂 🐶"),
    ("i dropped the whole cake", "😭 💀"),
    ("we won the cup", "🎉 🏆"),
    ("happy birthday to you", "🎂 🎉"),
    ("my cat sleeps on the keys", "🐱 😂"),
    ("that was terrible news", "😢 💔"),
    ("this song is on fire", "🔥 🎵"),
    ("thank you so much", "❤️ 🙏"),
    ("the bus leaves at nine", ""),
    ("the file is in the folder", ""),
    ("which room is it", ""),
    ("i will be there on monday", ""),
]
"""Messages with their fitting emoji, as the corpus has them."""


def write_csv(path: Path, classes: dict[int, str] = EMOJIFY) -> Path:
    """Write a file of the seed's format."""
    lines = [f"{text},{label}" for label, texts in classes.items() for text in texts.split("|")]
    path.write_text("\n".join(["text,label", *lines, ""]), encoding="utf-8")
    return path


def write_tsv(path: Path, rows: Iterable[tuple[str, str]] = CHAT) -> Path:
    """Write a file of the corpus format."""
    path.write_text("".join(f"{text}\t{emoji}\n" for text, emoji in (("text", "emoji"), *rows)), encoding="utf-8")
    return path
