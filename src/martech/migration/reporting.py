"""The report of a verification as one page that needs nothing else: tables, and charts drawn here as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from martech.migration.journal.words import CLASSES
from martech.migration.verifying.result import Finding, Verified

__all__ = ["page_of"]

COLOURS: Mapping[str, str] = {
    "moved": "#2e7d51",
    "moved with declared loss": "#8fb573",
    "skipped": "#b9b4a6",
    "refused": "#d99a3d",
    "failed": "#b4382f",
    "yes": "#2e7d51",
    "no": "#b4382f",
    "neither": "#b9b4a6",
    "absent": "#e4e0d5",
    "not shown": "#8d93a6",
}
WIDTH = 720
MOST_ROWS = 40

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#22251f;background:#fbfaf6;margin:0}
main{max-width:760px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.5rem;margin:0 0 4px}h2{font-size:1.1rem;margin:36px 0 8px}
.side{color:#6a6f62;margin:0 0 20px}
.verdict{padding:14px 18px;border-radius:8px;font-weight:600;color:#fff;background:#b4382f}
.verdict.green{background:#2e7d51}
table{border-collapse:collapse;width:100%;margin:8px 0}
td,th{padding:5px 8px;text-align:left;border-bottom:1px solid #e4e0d5;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
svg{display:block;width:100%;height:auto}
.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.5em}
.note{border-left:4px solid #d99a3d;padding:6px 12px;background:#fff6e5;margin:8px 0}
ul{padding-left:1.2em}
"""


def page_of(told: Verified) -> str:
    """Return a verification as a page. Nobody is named in it: people are rows of the journal."""
    title = f"{told.source} → {told.target}"
    parts = [
        f"<h1>{escape(title)}</h1><p class=side>Run {escape(told.run)}, {told.people:,} people read</p>",
        f"<p class='verdict{' green' if told.green else ''}'>{escape(told.line())}</p>",
        _objections(told),
        "<h2>What became of everybody</h2>",
        _bar([(one.value, told.classes[one.value]) for one in CLASSES]),
        _table(("class", "people"), [(one.value, told.classes[one.value]) for one in CLASSES], total=told.people),
        "<h2>Who may be contacted</h2>",
        _channels(told),
        _evidence(told),
        _counted("Reasons", told.reasons),
        _counted("Declared losses", told.losses),
        _counted("Fields that differ", told.fields),
        _counted("Lists, attributes and other things", told.things),
        _counted("Memberships", told.memberships),
        _counted("Evidence that the target keeps, by person", told.evidence),
        _counted("Templates that were made", told.templates),
        _counted("Records of datasets", told.records),
        _findings("Moved towards being contacted", told.violations, told.violation_count),
        _findings("Opt-outs that did not arrive", told.undelivered, told.undelivered_count),
        _unproven(told),
    ]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><main>{''.join(parts)}</main></html>\n"
    )


def _objections(told: Verified) -> str:
    lines = "".join(f"<li>{escape(one)}</li>" for one in told.objections())
    return f"<ul>{lines}</ul>" if lines else ""


def _bar(shares: Sequence[tuple[str, int]], *, label: str = "") -> str:
    """Return one line cut into shares."""
    total = sum(count for _, count in shares)
    if not total:
        return "<p>Nobody.</p>"
    x, rects = 0.0, []
    for name, count in shares:
        width = WIDTH * count / total
        words = f"{name}: {count:,}"
        rects.append(
            f"<rect x='{x:.2f}' y='0' width='{width:.2f}' height='34' fill='{COLOURS.get(name, '#8d93a6')}'>"
            f"<title>{escape(words)}</title></rect>"
        )
        if width > 60:
            dark = name in ("skipped", "absent", "neither", "moved with declared loss")
            rects.append(
                f"<text x='{x + width / 2:.2f}' y='22' text-anchor='middle' font-size='14' "
                f"fill='{'#22251f' if dark else '#fff'}'>{count:,}</text>"
            )
        x += width
    described = escape(label or ", ".join(f"{name} {count}" for name, count in shares if count))
    return f"<svg viewBox='0 0 {WIDTH} 34' role=img aria-label='{described}'>{''.join(rects)}</svg>"


def _channels(told: Verified) -> str:
    """Return for each channel what the source said, and under it how these people stand at the target."""
    blocks: list[str] = []
    for channel, counted in told.channels.items():
        rows = []
        for source in ("yes", "no", "neither"):
            shares = [
                (target, counted[f"{source} → {target}"])
                for target in ("yes", "no", "neither", "absent", "not shown")
                if counted[f"{source} → {target}"]
            ]
            if shares:
                people = sum(count for _, count in shares)
                rows.append(f"<tr><td>{source}<td class=n>{people:,}<td style='width:65%'>{_bar(shares)}")
        blocks.append(
            f"<h3>{escape(channel)}</h3><table><tr><th>at the source<th class=n>people<th>at the target"
            f"{''.join(rows)}</table>"
        )
    key = "".join(
        f"<span class=key style='background:{COLOURS[name]}'></span>{name} &nbsp; "
        for name in ("yes", "no", "neither", "absent", "not shown")
    )
    return "".join(blocks) + f"<p>{key}</p>"


def _evidence(told: Verified) -> str:
    if not told.with_evidence + told.without_evidence:
        return ""
    return (
        f"<p>Of the states that were carried, {told.with_evidence:,} came with evidence and "
        f"{told.without_evidence:,} without.</p>"
    )


def _table(head: Sequence[str], rows: Iterable[tuple[str, int]], *, total: int | None = None) -> str:
    keys = {name: f"<span class=key style='background:{colour}'></span>" for name, colour in COLOURS.items()}
    body = "".join(f"<tr><td>{keys.get(name, '')}{escape(name)}<td class=n>{count:,}" for name, count in rows)
    foot = f"<tr><th>together<th class=n>{total:,}" if total is not None else ""
    return f"<table><tr><th>{head[0]}<th class=n>{head[1]}{body}{foot}</table>"


def _counted(title: str, counted: Mapping[str, int]) -> str:
    rows = sorted(((name, count) for name, count in counted.items() if count), key=lambda one: -one[1])
    if not rows:
        return ""
    more = f"<p>… and {len(rows) - MOST_ROWS} more</p>" if len(rows) > MOST_ROWS else ""
    return f"<h2>{title}</h2>{_table(('', 'how many'), rows[:MOST_ROWS])}{more}"


def _findings(title: str, findings: Sequence[Finding], count: int) -> str:
    if not count:
        return ""
    rows = "".join(f"<tr><td class=n>{one.seq}<td>{escape(one.words)}" for one in findings[:MOST_ROWS])
    return f"<h2>{title}: {count:,}</h2><table><tr><th class=n>row<th>what{rows}</table>"


def _unproven(told: Verified) -> str:
    if not told.unproven:
        return ""
    notes = "".join(f"<p class=note>{escape(one)}.</p>" for one in told.unproven)
    return f"<h2>What this leaves unproven</h2>{notes}"
