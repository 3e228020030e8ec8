"""What changed between two revisions, in few words."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sinanews.items import Article
from sinanews.reporting.html.changes import (
    COMPARED,
    CONTEXT,
    MOST_CHARACTERS,
    MOST_PARAGRAPHS,
    change,
    difference,
)

ARTICLE = Article(docid="n1", title="央行降息", source="某报", text="第一段。\n第二段。\n第三段。")
SHORT = st.text(max_size=CONTEXT)


@given(SHORT, SHORT)
def test_a_difference_holds_both_texts(older, newer):
    one = difference("title", older, newer)
    assert one.before + one.taken + one.after == older
    assert one.before + one.put + one.after == newer


@given(st.lists(st.text("ab\n", max_size=300), min_size=2, max_size=2))
def test_a_change_is_bounded_and_tells_what_is_left_out(texts):
    older, newer = (replace(ARTICLE, text=text) for text in texts)
    made = change(older, newer)
    assert len(made.differences) <= MOST_PARAGRAPHS
    assert made.has_more <= (len(made.differences) == MOST_PARAGRAPHS)
    assert bool(made.differences) == (texts[0] != texts[1])
    for one in made.differences:
        assert max(len(one.before), len(one.after)) <= CONTEXT + 1
        assert max(len(one.taken), len(one.put)) <= MOST_CHARACTERS + 1


def test_only_the_paragraph_that_changed_is_shown():
    made = change(ARTICLE, replace(ARTICLE, text="第一段。\n新的一段。\n第二段。\n第三段！"))
    shown = [(one.before, one.taken, one.put, one.after) for one in made.differences]
    assert shown == [("", "", "新的一段。", ""), ("第三段", "。", "！", "")]
    assert not made.has_more


def test_fields_that_a_reader_sees_are_compared():
    newer = replace(ARTICLE, title="央行昨日降息", source=None, keywords=["利率"], body_html="<p>")
    made = change(ARTICLE, newer)
    assert {one.field: (one.taken, one.put) for one in made.differences} == {
        "title": ("", "昨日"),
        "source": ("某报", ""),
        "keywords": ("", "利率"),
    }


def test_a_change_of_markup_alone_has_no_differences():
    assert not change(ARTICLE, replace(ARTICLE, body_html="<p>", revision=2)).differences


def test_a_text_that_was_written_anew_is_not_compared_paragraph_by_paragraph():
    # As many paragraphs, each of them in the other text too, would take the cube of their number.
    older = [f"{number % 2}" for number in range(50_000)]
    newer = [*older[1:], "2"]
    assert len(older) > COMPARED
    made = change(replace(ARTICLE, text="\n".join(older)), replace(ARTICLE, text="\n".join(newer)))
    assert len(made.differences) == MOST_PARAGRAPHS
    assert made.has_more
