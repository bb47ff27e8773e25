"""A plan as one page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from martech.migration.plan.model import Certainty, Effort, Loss, Plan

__all__ = ["page_of"]

_STYLE = """
:root { --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --paper: #ffffff; --wash: #f6f8fa;
  --made: #2f7d4f; --changed: #2f6fb0; --same: #9aa4af; --unknown: #b7812d; --bad: #b3372f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --line: #30363d; --paper: #0d1117;
  --wash: #161b22; --made: #4cab73; --changed: #5d9cdb; --same: #6e7681; --unknown: #d29a3f; --bad: #e5675e; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem } h2 { font-size: 1.15rem; margin: 2.6rem 0 .8rem }
p { margin: .4rem 0 } .soft { color: var(--soft) } .bad { color: var(--bad); font-weight: 600 }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem;
  margin: 1.4rem 0 }
.card { background: var(--wash); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem }
.card b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums }
.card span { color: var(--soft); font-size: .85rem }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; min-width: 36rem;
  font-size: .92rem }
th { text-align: left; font-weight: 600; color: var(--soft) } th, td { padding: .45rem .8rem .45rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top } td.n, th.n { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap } td.name { font-weight: 600; overflow-wrap: anywhere;
  min-width: 8rem }
svg { display: block; width: 100%; height: auto } .key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem;
  font-size: .88rem; margin: .6rem 0 0; padding: 0; list-style: none }
.key i { display: inline-block; width: .75rem; height: .75rem; border-radius: .15rem; margin-right: .4rem }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere }
"""


def page_of(plan: Plan) -> str:
    """Return a plan as a page."""
    title = f"{plan.source.title} → {plan.target.title}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>Migration plan: {escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">Planned {plan.made_at:%Y-%m-%d %H:%M} UTC. Nothing has been written to either side.</p>',
        _signed(plan),
        _people(plan),
        _consent(plan),
        _losses(plan),
        _attributes(plan),
        _parts(plan),
        _effort(plan),
        _reading(plan),
        f'<p class="soft">Digest of this plan: <code>{plan.digest()}</code></p>',
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _signed(plan: Plan) -> str:
    if plan.approval is None:
        return '<p class="soft">Not signed off yet: no run will take it.</p>'
    if plan.approval.digest != plan.digest():
        return '<p class="bad">Changed after it had been signed off: no run will take it.</p>'
    by = f" by {escape(plan.approval.by)}" if plan.approval.by else ""
    return f"<p>Signed off{by} on {plan.approval.approved_at:%Y-%m-%d %H:%M} UTC.</p>"


def _people(plan: Plan) -> str:
    people = plan.people
    rows = [
        ("created", people.created, "--made"),
        ("updated", people.updated, "--changed"),
        ("unchanged", people.unchanged, "--same"),
        ("unknown", people.unknown, "--unknown"),
        ("refused", people.refused + people.held_back, "--bad"),
        ("left out", people.left_out, "--bad"),
        ("put together", people.twice, "--same"),
    ]
    there = [row for row in rows if row[1]]
    words = {
        Certainty.COUNTED: f"All {people.looked_at:,} were looked up at the target.",
        Certainty.SAMPLED: f"Drawn from {people.looked_at:,} people who were looked up at the target.",
        Certainty.UNKNOWN: "The target cannot be read, so nobody can tell who is there already.",
    }[people.certainty]
    key = "".join(
        f'<li><i style="background:var({colour})"></i>{name} {count:,}</li>' for name, count, colour in there
    )
    return (
        f"<h2>{people.read:,} people at the source</h2>"
        f'{_bar(there)}<ul class="key">{key}</ul><p class="soft">{words}</p>'
    )


def _bar(rows: Sequence[tuple[str, int, str]]) -> str:
    total = sum(count for _, count, _ in rows) or 1
    pieces: list[str] = []
    at = 0.0
    for name, count, colour in rows:
        width = 1000 * count / total
        pieces.append(
            f'<rect x="{at:.2f}" y="0" width="{max(width - 1.5, 0.8):.2f}" height="36" fill="var({colour})">'
            f"<title>{escape(name)}: {count:,}</title></rect>"
        )
        at += width
    told = ", ".join(f"{count:,} {name}" for name, count, _ in rows)
    return f'<svg viewBox="0 0 1000 36" role="img" aria-label="{escape(told)}">{"".join(pieces)}</svg>'


def _consent(plan: Plan) -> str:
    evidence = plan.evidence
    cards = [
        (evidence.opted_out, "opted out: made with their no, before all others"),
        (evidence.with_evidence, "carried, with evidence"),
        (evidence.without_evidence, "carried, without evidence"),
        (evidence.closed, "made with a no: the source says neither"),
        (plan.undelivered, "opt-outs that cannot be delivered"),
    ]
    shown = "".join(f'<div class="card"><b>{count:,}</b><span>{words}</span></div>' for count, words in cards)
    bad = "".join(
        f'<p class="bad">{one.number} opt-outs cannot be delivered: {escape(one.reason)}.</p>'
        for one in plan.undeliverable
    )
    caveat = f'<p class="soft">Carried: {evidence.caveat}.</p>' if evidence.caveat else ""
    return f'<h2>Consent</h2><div class="cards">{shown}</div>{caveat}{bad}'


def _losses(plan: Plan) -> str:
    if not plan.losses:
        return "<h2>Losses</h2><p>Nothing is lost.</p>"
    rows = (
        (
            f"<td>{escape(one.what)}</td>",
            f'<td class="name">{escape(one.name)}</td>',
            f'<td class="n">{one.number}</td>',
            f"<td>{_choice(one)}</td>",
        )
        for one in plan.losses
    )
    return f"<h2>What does not arrive as it was</h2>{_table(('What', 'Which', '#How many', 'Choice'), rows)}"


def _choice(one: Loss) -> str:
    detail = f" ({escape(one.detail)})" if one.detail else ""
    return f'{escape(one.choice)}{detail}<br><span class="soft">Otherwise: {escape(one.change)}</span>'


def _attributes(plan: Plan) -> str:
    if not plan.attributes:
        return ""
    rows = (
        (
            f'<td class="name">{escape(one.source)}</td>',
            f"<td>{one.kind}</td>",
            f"<td>{escape(one.target) if one.target else '—'}{' (made)' if one.created else ''}</td>",
            f"<td>{one.target_kind or ''}</td>",
            f'<td class="n">{one.people:,}</td>',
        )
        for one in plan.attributes
    )
    return f"<h2>Attributes</h2>{_table(('Source', 'Type', 'Target', 'Type', '#People'), rows)}"


def _parts(plan: Plan) -> str:
    rows = (
        (
            f'<td class="name">{one.part.value}</td>',
            f'<td class="n">{one.number}</td>',
            f"<td>{'moves' if one.moves else 'stays'}</td>",
            f"<td>{escape(one.words)}</td>",
        )
        for one in plan.parts
    )
    return f"<h2>Parts</h2>{_table(('Part', '#Number', '', 'How'), rows)}" if plan.parts else ""


def _effort(plan: Plan) -> str:
    rows = (
        (
            f"<td>{escape(one.step)}{_why(one)}</td>",
            f"<td>{escape(one.side)}</td>",
            f'<td class="n">{one.requests:,}</td>',
            f'<td class="n">{"?" if one.minutes is None else f"{one.minutes:,.1f}"}</td>',
        )
        for one in plan.effort
    )
    shown = _table(("Step", "At", "#Requests", "#Minutes"), rows)
    return f'<h2>Requests and time</h2>{shown}<p class="soft">At the limits that the vendors declare.</p>'


def _why(effort: Effort) -> str:
    return f'<p class="soft">{escape(effort.why)}</p>' if effort.why else ""


def _reading(plan: Plan) -> str:
    said = [(plan.source.title, part, words) for part, words in plan.source.cannot.items()]
    said += [(plan.target.title, verb, words) for verb, words in plan.target.cannot.items()]
    if not said:
        return ""
    rows = (
        (f"<td>{escape(side)}</td>", f'<td class="name">{escape(what)}</td>', f"<td>{escape(words)}</td>")
        for side, what, words in said
    )
    return f"<h2>What cannot be read</h2>{_table(('Side', 'What', 'Why'), rows)}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th class="n">{one[1:]}</th>' if one.startswith("#") else f"<th>{one}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
