import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.outputs.message import Message
from observatory.outputs.slack import short_form, with_banner
from observatory.outputs.slack.text import escape

DIVIDER = {"type": "divider"}


@given(st.text(max_size=4_000))
def test_the_short_form_is_bare_text_that_fits_and_ends_in_no_half_entity(text):
    short = short_form(Message(escape(text), (DIVIDER,)))
    assert not short.blocks
    assert len(short.text) <= 2_500
    whole = short.text.removesuffix("…").replace("&lt;", "").replace("&gt;", "").replace("&amp;", "")
    assert "&" not in whole


@pytest.mark.parametrize("offset", range(6))
def test_the_cut_falls_into_no_entity(offset):
    short = short_form(Message(escape("x" * offset + "&" * 4_000)))
    assert short.text.endswith("&amp;…")


def test_a_banner_goes_above_and_leaves_room_for_fifty_blocks():
    message = with_banner(Message("it burns", (DIVIDER,) * 50), "meant for <#C1>")
    assert message.text == "[meant for <#C1>] it burns"
    assert "meant for <#C1>" in message.blocks[0]["text"]["text"]
    assert len(message.blocks) == 50


def test_a_message_without_blocks_gets_none():
    assert with_banner(Message("it burns"), "possible duplicate") == Message("[possible duplicate] it burns")
