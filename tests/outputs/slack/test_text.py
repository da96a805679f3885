import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.outputs.slack.text import cut, escape, mention, mrkdwn, plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("<!channel>", "&lt;!channel&gt;", id="everyone"),
        pytest.param("<@U123> & <#C1|x>", "&lt;@U123&gt; &amp; &lt;#C1|x&gt;", id="person-and-channel"),
        pytest.param("two\nlines\tand\x00more", "two lines and more", id="control-characters"),
        pytest.param("a\u202egnp.exe", "agnp.exe", id="right-to-left-override"),
        pytest.param(
            "\u05e9\u05dc\u05d5\u05dd", "\u2068\u05e9\u05dc\u05d5\u05dd\u2069", id="hebrew-is-isolated"
        ),
    ],
)
def test_other_peoples_words_are_made_safe(written, shown):
    assert mrkdwn(written, 100) == shown


@given(st.text(max_size=300), st.integers(2, 80))
def test_a_line_fits_and_holds_nothing_that_could_ping_or_break_it(text, limit):
    line = plain(text, limit)
    assert len(line) <= limit
    assert not set(line) & set("\n\r\x00\u202e\u202d")
    assert not set(escape(line)) & set("<>")
    assert "\n" not in mrkdwn(text, limit)


@given(st.text(max_size=60), st.integers(1, 60))
def test_cutting_leaves_what_fits_and_never_splits_a_letter_from_its_accent(text, limit):
    short = cut(text, limit)
    assert len(short) <= limit
    if len(text) <= limit:
        assert short == text
    elif (end := len(short.removesuffix("…"))) and not text[:end].endswith(short[:-1] + " "):
        assert not unicodedata.combining(text[end])


def test_a_family_of_joined_emoji_is_cut_whole():
    family = "👩\u200d👩\u200d👧"
    assert cut(f"ab{family}cd", 5) == "ab…"


@pytest.mark.parametrize(
    ("written", "ping"),
    [
        pytest.param("S0614TZR7", "<!subteam^S0614TZR7>", id="group"),
        pytest.param("@U024BE7LH", "<@U024BE7LH>", id="person"),
        pytest.param("here", "<!here>", id="here"),
        pytest.param("<!channel>", "&lt;!channel&gt;", id="not-a-name"),
        pytest.param("the on-call", "the on-call", id="words"),
    ],
)
def test_a_mention_pings_only_what_is_a_name(written, ping):
    assert mention(written) == ping
