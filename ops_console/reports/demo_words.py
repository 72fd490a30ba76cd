"""What the agency of the demo has written for two malls: posts in the order in which they went out, then those on their way."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A post: its title, its text, and the mall's picture that stands with it, by its name in the kit."""

    title: str
    text: str
    picture: str


@dataclass(frozen=True)
class Story:
    """
    What is told of a mall: posts that are out, four that are on their way, answers and finds of the daily work, why the owner left
    something out; `missed` is the key of the template of which one task was missed.
    """

    published: tuple[Words, ...]
    draft: Words
    submitted: Words
    waiting: Words
    scheduled: Words
    answers: tuple[str, ...]
    finds: tuple[str, ...]
    left_out: str
    missed: str = ""


_RIVERSIDE = Story(
    published=(
        Words("Noodles are pulled at eleven", "Stand at the counter and see the day’s first dough become noodles.", "pulling-noodles"),
        Words("A pot that never cools", "Our broth is on the stove from five in the morning on. At noon you taste it.", "steaming-pot"),
        Words("Lunch for two, in half an hour", "Two bowls, one side dish, tea. Buy it here, show the code, sit down.", "lunch-for-two"),
        Words("Dumplings, folded by hand", "Fresh from nine on. When the basket is empty, it is empty.", "dumpling-basket"),
        Words("Which side dish goes with which bowl", "Cucumber with the hot ones, tofu with the clear ones. Or ask Bo.", "side-dishes"),
        Words("Tea while you wait", "If there is a line, there is tea. That has been so since we opened.", "tea-set"),
        Words("The long counter", "Twelve seats, all facing the kitchen. The best one is the third from the left.", "noodle-counter"),
        Words("A bowl to take home", "Noodles and broth in two boxes, so that nothing goes soft on the way.", "noodle-bowl"),
        Words("Find us by the red door", "Two minutes from the river, across from the bakery.", "shop-front"),
    ),
    draft=Words("Winter broth", "From the first frost on we add ginger and white pepper.", "steaming-pot"),
    submitted=Words("Why we close on Mondays at three", "The dough rests, and so do we. From five on we are back.", "pulling-noodles"),
    waiting=Words("A table for the whole family", "Six bowls, three side dishes, one bill. Call before you come.", "noodle-counter"),
    scheduled=Words("Sunday is dumpling day", "Come with your children: they fold the first ten themselves.", "dumpling-basket"),
    answers=(
        "7 comments answered. One guest asked for noodles without egg: we told him which.",
        "4 comments and 2 messages answered, none older than a day.",
        "5 comments answered. A complaint about a cold soup went to Alma; the guest comes again on Friday.",
        "9 comments under the dumplings answered; 3 people asked for the opening hours.",
    ),
    finds=(
        "Home, deals and a purchase up to the payment page: all well. Hours are today's.",
        "All well. The lunch deal has 14 places left for this week.",
        "All well; the picture of the tea set loaded slowly and was made smaller.",
    ),
    left_out="Alma keeps prices and deals as they are until the winter menu.",
    missed="mall-check",
)  # fmt: skip
_HILLSIDE = Story(
    published=(
        Words("Wash, cut, and out in forty minutes", "In your lunch break: book at twelve, be back before one.", "scissors-and-comb"),
        Words("The bob is back", "Short at the neck, longer at the chin. Cleo shows you what suits your face.", "bob-cut"),
        Words("A row of colours", "Eleven new shades for autumn. Try two on one hand before you choose.", "polish-row"),
        Words("The quiet chair", "Do you want to read and not talk? Say so when you book. We like it too.", "mirror-and-chair"),
        Words("Wash basin, warm towel", "Ten minutes that cost nothing extra and are why people come again.", "wash-basin"),
        Words("Dry hair in winter", "Less heat, more brush. Ask for the three things that we do at home.", "dryer-and-brush"),
        Words("Book an evening", "On Thursdays we are here until nine, for whoever works late.", "shop-front"),
        Words("Your first visit", "Come ten minutes early: we look at your hair before we touch it.", "mirror-and-chair"),
        Words("How often should it be cut?", "Every six weeks if short, every ten if long. We can remind you.", "scissors-and-comb"),
    ),
    draft=Words("Gift cards for the holidays", "A card for a friend, from twenty on. It is valid for three years.", "shop-front"),
    submitted=Words("Colour without regret", "We try it on one strand first. If you do not like it, you pay nothing.", "polish-row"),
    waiting=Words("Two friends, one price", "Come together on a weekday, and the second cut costs half.", "bob-cut"),
    scheduled=Words("A Saturday for curls", "On Saturday Cleo cuts curls only. Nine places, by appointment.", "dryer-and-brush"),
    answers=(
        "6 messages answered, most of them for an appointment; two were booked.",
        "3 comments answered, none older than a day.",
        "8 comments under the bob answered. One guest was let down by a late start and got an apology from Cleo.",
        "5 messages answered; 2 asked for evenings, and were told of Thursday.",
    ),
    finds=(
        "2 complaints, both answered within a day. Late starts on Saturday were told to the shop.",
        "No complaints today. Yesterday's guest has written back and comes again.",
        "1 complaint about a colour: a free correction was offered and taken.",
    ),
    left_out="Cleo writes to the members herself this time.",
)  # fmt: skip
STORIES = {"riverside": _RIVERSIDE, "hillside": _HILLSIDE}
