"""The sentences of the offline backend, and the ideas that must not get them."""

import re
from itertools import product

import pytest

from prompt_improver.improvement.offline import compose
from prompt_improver.improvement.offline.frame_choice import TASKS
from prompt_improver.improvement.offline.knowledge import LANGUAGES, knowledge
from prompt_improver.improvement.offline.targets import targets

FRAMES = knowledge().frames
LINES = [
    (name, number, line)
    for name, frame in FRAMES.items()
    for number, line in enumerate([*frame["rules"], *filter(None, [frame.get("output")])])
]
ASKING = [one["line"] for one in targets().missing.values()]
FEATURES = {"role", "formats", "counts", "length", "language", "audience", "tone", "only", "waits"}
FORMATS = {"json", "yaml", "xml", "csv", "table", "list", "code", "html", "markdown", "one"}

# Beside the beginning of each line, an idea of the same kind for which it would be wrong.
MUST_NOT_GET = """
Give the complete code              | Write a python script outline in pseudo code for a backup
Decide what happens with empty      | Write a hello world function in Python
Where the request leaves something  | Write a python function that adds two numbers. Only code.
The code in one block               | Write a python function that adds two numbers and explain it
Name the cause first                | Fix this bug, only the code: x = 1 / 0;
Change only what the cause          | Fix the bug in this java class and clean up everything around it
Say how to check that it is fixed   | Run the tests of the python repo and fix all errors until they pass
Keep what it does and its public    | Refactor the python module, the public API may change
Say for each change                 | Refactor this python function. Return only code.
For each finding give               | Review this python code and answer in one word: good or bad
Keep what the code proves           | Review this python code and answer in one word: good or bad
One behaviour per test              | Write unit tests for the python parser in one line
Cover the normal case               | Write unit tests for the python parser, only the happy path
State the expected result           | Write unit tests for the parser with their expected values
Where tables and columns            | Write a SQL query for this table: CREATE TABLE users (id INT);
Decide how NULLs                    | Write a SQL query that counts all users. Only SQL.
Describe only what the code         | Write a letter to my neighbour about his dog
State the requirements              | Design a database schema for a library as JSON
For each main decision              | Design a database schema for a library. Only code.
Order the steps                     | Install docker on ubuntu. Only the command.
Before anything that can lose       | Install docker on ubuntu. Only the command.
Where system and version            | Install docker on this machine and configure nginx
Give first the way that works       | How do I center a div with css? Give me three alternatives
Name the version or setting         | How do I center a div with css? Only code.
For each piece of advice            | how to write a good resume? Give examples for every point
Put what has most effect            | how to write a good resume step by step
Write it so that it can be sent     | Write an email template with placeholders for a shop
Put what is asked of the reader     | Write a letter to thank my teacher for the year
Only the finished text              | Write three emails to my neighbour about his dog, as a table
Use only figures, quotes            | Write a satirical article about a mayor and his golden bath
Where audience, tone or length      | Write a formal article of 300 words about bees for experts
A title, then the text              | Write a linkedin post about my new bicycle
Keep the meaning and every fact     | Rewrite this text and shorten it: The river rose and the old bridge fell.
Give the finished text first        | Rewrite this as a bullet list: The river rose and the old bridge fell.
Make them clearly different         | Give me variations of names like Anna
Give ten, one per line              | Give me 5 names for a black cat
Mark the three strongest            | Give me 3 names for a black cat
For each step say what              | Make a plan for my garden in one line
Check that times, amounts           | Make a plan for my garden
Where starting point, time          | Make a plan for my garden in one line
Keep known facts apart              | Write a letter to my neighbour about his dog
Keep the four quadrants             | Make a market analysis for a company that sells shoes
Use only what the text says         | Summarise the book The Old Man and the Sea
Keep to what it really says         | Summarise this text: The river rose by two metres and the bridge fell.
Keep names, figures, markup         | Translate and localize into German: Dear guest, the dinner is at 8 pm.
Give only the translation           | Translate into German and explain the grammar: I have been waiting here.
Keep the behaviour, and write       | Translate into German: good morning, how are you today my friend?
Say what has no direct              | Translate this code to Rust. Only code.\\n\\nint add(int a, int b) {\\n  return a + b;\\n}
Say in one or two sentences         | Explain this code in 3 bullet points:\\nfor x in range(3):\\n    print(x)
Point out side effects              | Explain this code in one sentence:\\nfor x in range(3):\\n    print(x)
Begin with the answer               | Explain photosynthesis in 50 words
Show it on one concrete             | Explain photosynthesis with three examples
Judge all of them by the same       | Compare tea and coffee in one word
Say when which one fits             | What is the difference between theft and fraud?
A table with one row                | Should I buy a violin or a viola for my son?
"""  # noqa: E501
ROWS = [
    (start.strip(), idea.strip().replace("\\n", "\n"))
    for start, idea in (row.split("|") for row in MUST_NOT_GET.strip().splitlines())
]


@pytest.mark.parametrize(("start", "idea"), ROWS)
def test_no_idea_gets_a_line_that_is_wrong_for_it(start: str, idea: str) -> None:
    prompt = compose(idea).prompt
    lines = (*prompt.guardrails, prompt.output_format)
    assert not [line for line in lines if line.startswith(start)]


def test_the_table_holds_every_line() -> None:
    for _, _, line in LINES:
        assert [start for start, _ in ROWS if line["en"].startswith(start)], line["en"]
    for start, _ in ROWS:
        assert [line for _, _, line in LINES if line["en"].startswith(start)], start


def test_every_frame_is_of_a_task_and_says_at_most_three_things() -> None:
    assert set(FRAMES) == set(TASKS)
    for name, frame in FRAMES.items():
        assert 1 <= len(frame["rules"]) <= 3, name


def test_every_line_is_there_in_both_languages() -> None:
    for line, language in product((*(line for _, _, line in LINES), *ASKING), LANGUAGES):
        assert line[language].endswith((".", "?")), line


def test_conditions_name_what_the_form_can_state() -> None:
    for name, number, line in LINES:
        assert set(line.get("unless", ())) <= FEATURES | FORMATS, (name, number)
        assert line.get("when", "none") in ("none", "material", "number"), (name, number)
        unknown = set(line) - {"en", "es", "unless", "without", "only_if", "when"}
        assert not unknown, (name, number)


def test_nothing_is_invented() -> None:
    names = set("python java react postgres docker kubernetes aws jwt http fastapi git".split())
    for _, _, line in LINES:
        for language in LANGUAGES:
            assert not re.search(r"\d", line[language]), line
            assert not set(re.findall(r"[a-z]+", line[language].lower())) & names, line


def test_no_language_has_an_answer_line_without_headings() -> None:
    from prompt_improver.improvement.prompt_wording import WORDING

    assert set(knowledge().answer_in) <= set(WORDING)
    assert set(knowledge().reasoning) == set(LANGUAGES)
