"""An export as one HTML file that needs nothing else: no script, no font, no address. It prints. Pure.

Everything that comes from a record is escaped; control and direction characters are shown as such.
"""

from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from tacit_services.export.choosing import About, Export, Shown

STYLE: Final = """
body { font: 11pt/1.4 serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 13pt } code { font-size: 9pt; overflow-wrap: anywhere }
.banner { border: 2pt solid #111; padding: .2rem .6rem; font-weight: bold; display: inline-block }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem } dt { font-weight: bold } dd { margin: 0 }
article { border-top: 1pt solid #999; padding: .5rem 0; break-inside: avoid } article p { margin: .2rem 0 }
.meta { font-size: 9pt; color: #333 } .effect { font-style: italic } .void { color: #900 }
.withheld { border-left: 4pt solid #999; padding-left: .6rem; color: #333 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .4rem 0 .4rem 1.5rem }
@media print { body { margin: 0; max-width: none } @page { margin: 2cm } }
"""


def write(export: Export) -> bytes:
    """The octets of the file."""
    about = export.about
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(about.name)}: {_text(about.channel)}, entries {about.first} to {about.last}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    articles = "".join(_article(shown, ZoneInfo(about.zone)) for shown in export.shown)
    return f"{head}{_about(about)}<h2>Entries</h2>\n{articles}{_checking(about)}</body>\n</html>\n".encode()


def _about(about: About) -> str:
    rows = "".join(f"<dt>{term}</dt><dd>{said}</dd>\n" for term, said in _terms(about))
    return (
        f'<p class="banner">{_text(about.purpose.upper())}</p>\n<h1>{_text(about.name)}</h1>\n'
        f"<p>Channel {_text(about.body)}/{_text(about.channel)}: {_text(about.title)}</p>\n<dl>\n{rows}</dl>\n"
    )


def _terms(about: About) -> Iterator[tuple[str, str]]:
    zone, rules = ZoneInfo(about.zone), about.ruleset
    yield "Record", f"<code>{about.organisation}</code>"
    yield "Span", f"entries {about.first} to {about.last}, {_at(about.from_at, zone)} to {_at(about.to_at, zone)}"
    yield "Time zone", _text(about.zone)
    yield "Rule-set", f"{_text(rules.name)} version {rules.version}, <code>{rules.sha256}</code>"
    yield "For", f"{_text(about.reader)}: {about.withheld} of {about.entries} entries withheld"
    yield "Made", f"{_at(about.made_at, zone)}, and put on the record by {_text(about.recorded_by)}"


def _article(shown: Shown, zone: ZoneInfo) -> str:
    leaf, told = shown.leaf, shown.told
    place = f'<span class="meta">{leaf.index} &middot; {_at(leaf.received_at, zone)}</span>'
    if told is None:
        proof = f"act <code>{leaf.act}</code>, envelope <code>{leaf.envelope}</code>"
        return f'<article class="withheld"><p>{place}</p><p>Withheld from this reader: {proof}</p></article>\n'
    effects = "".join(f'<p class="effect">{_text(effect)}</p>' for effect in told.effects)
    words = f"<p{' class=void' if told.void else ''}><b>{_text(told.who)}</b> {_text(told.words)}</p>"
    return (
        f"<article><p>{place}</p>{words}{effects}{_body(shown)}"
        f'<p class="meta">{_text(told.type)}, {_text(told.capacity)}, act <code>{leaf.act}</code></p></article>\n'
    )


def _body(shown: Shown) -> str:
    if shown.text is not None:
        return f"<pre>{_block(shown.text)}</pre>"
    if shown.text_sha256 is not None:
        return f'<p class="meta">Its text is not at hand; its hash is <code>{shown.text_sha256}</code></p>'
    return ""


def _checking(about: About) -> str:
    return (
        "<h2>How to check this</h2>\n"
        "<p>The SHA-256 of this file stands in the record, in an act <code>export.recorded.v1</code> of this channel. "
        "An act's id is the SHA-256 of what its author signed: find each in a copy of the record, which "
        "<code>tacit log RECORD</code> shows, and check that copy from its first entry with "
        "<code>tacit verify RECORD</code>. "
        f"The organisation's root key is <code>{about.root}</code>. This file alone proves nothing.</p>\n"
    )


def _at(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S.%f %Z}"


def _text(text: str) -> str:
    return escape("".join(map(_visible, text)))


def _block(text: str) -> str:
    return "\n".join(map(_text, text.splitlines()))


def _visible(char: str) -> str:
    return char if char.isprintable() else "\N{REPLACEMENT CHARACTER}"
