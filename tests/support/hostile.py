"""Texts that try to become something else, and a hypothesis strategy for any text that a document takes."""

from hypothesis import strategies as st

from api.document.rule_document import is_visible

HOSTILE = [
    "<script>alert(1)</script>",
    "</textarea></title><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "Save_as: ../../../etc/passwd",
    "Title: x\nSlug: y\nStatus: hidden",
    "{static}/x {filename}../../y {attach}z |static|/w",
    "{{ 7*7 }} {% for x in y %} {# c #}",
    "[[x]] ![](javascript:alert(1)) [a](javascript:alert(1))",
    "]]><x/><![CDATA[",
    "<!--#include file='/etc/passwd'-->",
    "=cmd|' /C calc'!A0",
    "\u202eevil\u202c \u2066\u2069",
    "a\u200bb\u00ad\ufeff",
    "\u2028\u2029\u0085",
    "e\u0301\u0302\u0303\u0304\u0305",
    "🏳️‍🌈 ﷽ 日本語 עברית العربية",
    "&amp; &lt; &#60; &nbsp;",
    "- item\n- item\n\n1. one\n2. two\n\n* star",
    "$$ \\( \\) `code` ~~~ ```",
    "../..//%2e%2e/",
    "x" * 120,
]

# Everything that can be printed: `api.document.rule_document` refuses the rest.
PRINTABLE = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"], include_characters="\n\t")


def texts(max_size: int = 200) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(HOSTILE), st.text(PRINTABLE, max_size=max_size)).map(lambda t: t[:max_size])


def lines(max_size: int = 80) -> st.SearchStrategy[str]:
    """With something that a reader can see: a document refuses the rest, a soft hyphen alone for instance."""
    return texts(max_size).filter(is_visible)
