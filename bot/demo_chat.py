"""What the people of the demo's little server have said: the last four weeks, and this morning."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Line:
    """A message, and what the others make of the bot's reaction to it, where it gets one.

    Args:
        channel: where it stands.
        author: who says it.
        text: what.
        joined: who joins the reaction.
        disliked: who answers it with 👎.
    """

    channel: str
    author: str
    text: str
    joined: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()


EARLIER: Final = {
    27: (
        Line("general", "priya", "just moved in, boxes everywhere, so happy!!", joined=("mika",)),
        Line("general", "tomasz", "the wifi password is on the fridge"),
        Line("pets", "mika", "my cat learned to open doors, nothing is safe anymore"),
    ),
    26: (
        Line("study-hall", "priya", "does anyone have the slides from tuesday"),
        Line("study-hall", "mika", "failed the driving test. again", joined=("priya",)),
    ),
    24: (
        Line("game-night", "tomasz", "WE BEAT THE LAST BOSS!!!", joined=("mika", "priya")),
        Line("game-night", "mika", "three hours of my life but it was worth it"),
        Line("game-night", "priya", "same time next friday?"),
        Line("general", "mika", "this pizza is on fire, best one in town", joined=("tomasz",)),
    ),
    22: (Line("announcements", "tomasz", "we won the award for the best café in town!!!"),),
    21: (
        Line("pets", "tomasz", "meet bruno, he is eight weeks old and already the boss", joined=("priya", "mika")),
        Line("pets", "priya", "omg look at those tiny paws", joined=("tomasz",)),
        Line("general", "mika", "happy anniversary mum and dad, thirty years!", joined=("priya",)),
    ),
    19: (
        Line("study-hall", "tomasz", "the library closes at 6 today"),
        Line("general", "priya", "cannot stop laughing at that video", joined=("mika",)),
    ),
    17: (
        Line("general", "tomasz", "my train is cancelled, thanks for nothing", disliked=("tomasz",)),
        Line("general", "mika", "ugh that is so annoying, sorry tomasz"),
        Line("game-night", "mika", "gg everyone, well played", joined=("tomasz",)),
        Line("game-night", "tomasz", "patch notes are out"),
    ),
    15: (
        Line("study-hall", "priya", "got an A on the thesis draft!!!", joined=("mika", "tomasz")),
        Line("study-hall", "mika", "wow congratulations, you worked so hard for this", joined=("priya",)),
        Line("study-hall", "tomasz", "room 204 is free if somebody needs it"),
    ),
    13: (
        Line("general", "mika", "i miss you all so much, this city is so quiet", joined=("priya",)),
        Line("general", "priya", "come visit, we have a couch and too many plants"),
        Line("pets", "mika", "the vet says she is going to be fine, i cried", joined=("priya", "tomasz")),
    ),
    11: (Line("general", "tomasz", "bring cash, the card machine is broken"),),
    10: (
        Line("game-night", "priya", "i am so bad at this it is actually funny", joined=("mika",)),
        Line("game-night", "mika", "let's gooo, new season starts tonight", joined=("tomasz", "priya")),
        Line("general", "priya", "good night everyone, sleep well"),
        Line("general", "tomasz", "made soup from scratch, it tastes like home", joined=("mika",)),
    ),
    8: (
        Line("general", "mika", "the sunset over the lake today was unreal", joined=("priya",)),
        Line("general", "tomasz", "invoice sent on monday"),
        Line("study-hall", "mika", "only two chapters left, i am so tired"),
    ),
    6: (
        Line("pets", "priya", "bruno ate my homework. literally", joined=("mika", "tomasz")),
        Line("pets", "tomasz", "he is sorry. he is not sorry", joined=("priya",)),
        Line("general", "priya", "my grandma turned 90 today, what a party!", joined=("tomasz", "mika")),
    ),
    4: (
        Line("announcements", "tomasz", "we are closed on monday"),
        Line("general", "mika", "got tickets for the concert!!! front row", joined=("priya", "tomasz")),
        Line("general", "tomasz", "so jealous, have fun"),
        Line("game-night", "tomasz", "server is down until noon"),
        Line("game-night", "mika", "nooo, not on my day off"),
    ),
    3: (
        Line("study-hall", "priya", "thank you so much for the notes, you saved me", joined=("mika",)),
        Line("general", "mika", "it is way too cold for november"),
        Line("general", "priya", "first snow!!!", joined=("mika", "tomasz")),
    ),
    2: (
        Line("general", "tomasz", "ran my first 10k this morning, legs are jelly", joined=("priya", "mika")),
        Line("general", "priya", "you are amazing, so proud of you", joined=("tomasz",)),
        Line("pets", "mika", "who let the cat on the keyboard"),
        Line("study-hall", "tomasz", "the deadline moved to the 4th"),
    ),
    1: (
        Line("general", "priya", "final round of the interview tomorrow, wish me luck", joined=("mika", "tomasz")),
        Line("general", "tomasz", "fingers crossed for you", joined=("priya",)),
        Line("game-night", "priya", "that was the funniest match ever, i have tears in my eyes", joined=("mika",)),
    ),
}
"""Lines by how many days ago they were said, the oldest day first."""

TODAY: Final = (
    Line("game-night", "tomasz", "lobby is open, hop on in ten minutes?"),
    Line("game-night", "mika", "we lost the final by one point. one.", joined=("tomasz",)),
    Line("pets", "priya", "look who fell asleep in the laundry basket again"),
    Line("pets", "tomasz", "we had to say goodbye to our old boy last night", joined=("mika", "priya")),
    Line("study-hall", "mika", "exam in an hour and i have read exactly nothing"),
    Line("study-hall", "priya", "chapter 4 starts on page 112"),
    Line("general", "mika", "good morning everyone, first coffee of the day is brewing", joined=("tomasz",)),
    Line("general", "tomasz", "the plumber comes on thursday between 8 and 12"),
    Line("general", "priya", "I GOT THE JOB!!! they called me this morning", joined=("mika", "tomasz")),
    Line("general", "mika", "locked myself out in my socks. again"),
    Line("general", "tomasz", "can someone send me the link to the sign-up sheet"),
    Line("general", "priya", "happy birthday tomasz, hope your day is full of cake", joined=("mika",)),
)
"""The last lines of every channel, said just before the visitor comes."""
