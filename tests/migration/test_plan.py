"""The plan: reads and never writes, adds up, and cannot be run once it was changed or the source has moved."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import Fake
from tests.fakes import client as fake_client
from tests.prove.plan import SOURCES, TARGETS, InMemory, account
from tests.prove.plan.accounts import own_setting

from martech.cli import main
from martech.errors import BrokenInput, InvalidRequest, UnsupportedOperation
from martech.migration.bundle import export
from martech.migration.mapping import LossKind, MappingRules
from martech.migration.mapping.templates import image_hosts, merge_tags, rewritten
from martech.migration.plan import Certainty, Plan, check_approved, load_plan, make_plan, save_plan
from martech.migration.plan.page import page_of
from martech.migration.sources import ProviderSource
from martech.migration.target import Target
from martech.models import (
    Channel,
    Consent,
    Contact,
    RejectedInput,
    Segment,
    Subscription,
    SubscriptionStatus,
    Suppression,
    Template,
    TemplateContent,
    email,
)
from martech.testing.connecting import bench

NO = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)
YES = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED)
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def loss(plan: Plan, kind: LossKind, name: str) -> int | None:
    return next((one.count for one in plan.losses if (one.kind, one.name) == (kind, name)), 0)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", TARGETS)
def test_what_a_plan_promises_is_what_a_migration_does(source: str, target: str, tmp_path: Path) -> None:
    for seed in (7_001, 7_002):
        folder = tmp_path / str(seed)
        folder.mkdir()
        _, moved, wrong = account(source, target, seed, folder)
        assert not wrong
        assert moved.classes.total() > 0


@pytest.mark.parametrize("target", TARGETS)
def test_a_plan_writes_nothing_to_either_side(target: str) -> None:
    old, new = bench("dotdigital"), bench(target)
    rows = [{"key": f"c-{number}", "email": f"p{number}@example.org"} for number in range(20)]
    old.emulator.seed_people(rows)
    new.emulator.seed_people(rows[:5])
    make_plan(ProviderSource(old.client(read_only=True)), Target(new.client(read_only=True)))
    for table in (old, new):
        asked = [route for route in table.emulator.ledger.counts if not route.startswith("GET")]
        assert all(
            "login" in route or "session" in route or "token" in route.lower() or "search" in route.lower()
            for route in asked
        )


def test_everybody_is_in_exactly_one_class() -> None:
    table = bench("dotdigital")
    table.emulator.seed_people([
        {"email": "same@example.org", "first_name": "Ada"},
        {"email": "changed@example.org", "first_name": "Other"},
        {"email": "holder@example.org", "phone": "447700900123"},
    ])  # fmt: skip
    people = [
        Contact(email="same@example.org", first_name="Ada", subscriptions=(YES,)),
        Contact(email="changed@example.org", first_name="Ada", subscriptions=(YES,)),
        Contact(email="new@example.org", subscriptions=(NO,)),
        Contact(email="NEW@example.org", first_name="Twice"),
        Contact(email="clash@example.org", mobile="+447700900123", subscriptions=(NO,)),
        Contact(first_name="Nameless", subscriptions=(NO,)),
        Contact(email="gone@example.org", deleted=True),
        RejectedInput("is no row", 9),
    ]
    block = Suppression(identifier=email("lone@example.org"))
    plan = make_plan(InMemory(people, blocks=[block]), Target(table.client(read_only=True)))
    counts = plan.people
    assert (counts.read, counts.created, counts.updated, counts.unchanged) == (9, 2, 1, 1)
    assert (counts.refused, counts.left_out, counts.twice, counts.unknown) == (1, 3, 1, 0)
    assert counts.adds_up
    assert plan.undelivered == 2
    assert {one.reason for one in plan.undeliverable} == {
        "the target will refuse them",
        "nothing names them at the target",
    }


def test_where_the_target_cannot_be_read_nobody_pretends_to_know() -> None:
    people = [Contact(own_id=f"c-{number}", subscriptions=(YES,)) for number in range(5)]
    plan = make_plan(InMemory(people), Target(bench("digital_onboarding").client(read_only=True)))
    assert plan.people.certainty is Certainty.UNKNOWN
    assert plan.people.unknown == 5
    assert "contacts.get" in plan.target.cannot


def test_of_many_people_some_are_looked_up_and_the_numbers_still_add_up() -> None:
    table = bench("dengage")
    rows = [{"key": f"c-{number}", "email": f"p{number}@example.org"} for number in range(0, 400, 2)]
    table.emulator.seed_people(rows)
    people = [
        Contact(own_id=f"c-{number}", email=f"p{number}@example.org", subscriptions=(YES,))
        for number in range(400)
    ]
    plan = make_plan(InMemory(people), Target(table.client(read_only=True)), most_looked_up=100)
    counts = plan.people
    assert counts.certainty is Certainty.SAMPLED
    assert 60 < counts.looked_at < 140
    assert counts.adds_up
    assert counts.created + counts.unchanged + counts.updated == 400
    assert 120 < counts.created < 280


def test_what_only_a_look_at_the_target_shows_is_told_of_everybody() -> None:
    table = bench("dengage")
    rows = [{"key": f"c-{number}", "email": f"p{number}@example.org"} for number in range(400)]
    table.emulator.seed_people([row | {"unsubscribed_email": "true"} for row in rows[:200]] + rows[200:])
    text = Subscription(channel=Channel.SMS, status=SubscriptionStatus.SUBSCRIBED)
    people = [
        Contact(
            own_id=f"c-{number}", email=f"p{number}@example.org", mobile=f"+44770000{number:04}",
            subscriptions=(YES, text),
        )
        for number in range(400)
    ]  # fmt: skip
    plan = make_plan(InMemory(people), Target(table.client(read_only=True)), most_looked_up=100)
    told = {one.name: one for one in plan.losses if one.kind is LossKind.TARGET_STANDS}
    assert told["email"].certainty is Certainty.SAMPLED
    assert 120 < (told["email"].count or 0) < 280
    assert told["email"].number == f"about {told['email'].count}"
    assert told["sms"].number == "?"
    assert all(one.count != 0 for one in plan.losses)
    assert plan.evidence.caveat
    whole = make_plan(InMemory(people), Target(table.client(read_only=True)))
    assert loss(whole, LossKind.TARGET_STANDS, "email") == 200
    assert loss(whole, LossKind.TARGET_STANDS, "sms") == 0
    assert not whole.evidence.caveat


def test_opt_outs_that_only_a_look_shows_to_be_undeliverable_are_told_of_everybody() -> None:
    table = bench("dotdigital")
    table.emulator.seed_people([{"email": f"p{number}@example.org"} for number in range(1_200)])
    people = [Contact(own_id=f"c-{number}", subscriptions=(NO,)) for number in range(50)]
    target = Target(table.client(read_only=True, **own_setting(table.emulator)))
    plan = make_plan(InMemory(people), target, most_looked_up=25)
    assert 10 < plan.people.looked_at < 40
    assert plan.people.refused == 50
    (one,) = plan.undeliverable
    assert one.certainty is Certainty.SAMPLED
    assert one.people == 50
    assert one.number == "about 50"


def test_where_not_everybody_is_read_nobody_can_see_whose_the_other_identifiers_are() -> None:
    people = [Contact(email="new@example.org", mobile="+447700900123", subscriptions=(YES,))]

    def conflicts(seeded: int) -> list[int | None]:
        table = bench("dotdigital")
        rows = [{"email": f"p{number}@example.org"} for number in range(seeded)]
        table.emulator.seed_people([*rows, {"email": "holder@example.org", "phone": "447700900123"}])
        plan = make_plan(InMemory(people), Target(table.client(read_only=True)))
        return [one.count for one in plan.losses if one.kind is LossKind.PERSON_CONFLICTING]

    assert conflicts(10) == [1]
    assert conflicts(1_200) == [None]


def test_consent_is_counted_with_and_without_evidence() -> None:
    evidence = Consent(channel=Channel.EMAIL, given_at=NOW, text="Yes.")
    people = [
        Contact(email="proven@example.org", subscriptions=(YES,), consents=(evidence,)),
        Contact(email="unproven@example.org", subscriptions=(YES,)),
        Contact(email="silent@example.org"),
        Contact(email="no@example.org", subscriptions=(NO,)),
    ]
    plan = make_plan(InMemory(people), Target(bench("example").client(read_only=True)))
    told = plan.evidence
    assert (told.with_evidence, told.without_evidence, told.closed, told.opted_out) == (1, 1, 1, 1)
    assert loss(plan, LossKind.STATE_CLOSED, "email") == 1
    assert loss(plan, LossKind.EVIDENCE, "email") == 1


def test_a_no_for_a_channel_that_the_target_has_not_is_listed() -> None:
    text = Subscription(channel=Channel.SMS, status=SubscriptionStatus.UNSUBSCRIBED)
    plan = make_plan(
        InMemory([Contact(email="ada@example.org", subscriptions=(YES, text))]),
        Target(bench("example").client(read_only=True)),
    )
    assert loss(plan, LossKind.OPT_OUT, "sms") == 1


def test_segments_templates_merge_tags_and_images_are_told_by_name() -> None:
    html = '<p>Hi @FIRSTNAME@ {{ city }}</p><img alt="" src="https://pictures.example.org/a.png"><td background=\'https://cdn.example.org/b.gif\'>'
    template = Template(name="News", contents=(TemplateContent(subject="For %%NICK%%", html=html),))
    assert set(merge_tags(template)) == {"FIRSTNAME", "city", "NICK"}
    assert dict(image_hosts(template)) == {"pictures.example.org": 1, "cdn.example.org": 1}
    rules = MappingRules.model_validate({"merge_tags": {"FIRSTNAME": "first_name"}})
    assert rewritten("Hi @FIRSTNAME@ @OTHER@", rules, "{{NAME}}") == "Hi {{first_name}} @OTHER@"
    source = InMemory([], segment_list=[Segment(id="4", name="Big spenders", size=12)], template_list=[template])
    plan = make_plan(source, Target(bench("dotdigital").client(read_only=True)))
    assert loss(plan, LossKind.SEGMENT, "Big spenders") == 12
    assert loss(plan, LossKind.MERGE_TAG, "NICK") == 1
    assert loss(plan, LossKind.IMAGE, "cdn.example.org") == 1
    elsewhere = make_plan(source, Target(bench("example").client(read_only=True)))
    assert loss(elsewhere, LossKind.TEMPLATE, "News") == 1


def test_a_source_that_shows_nobody_and_a_target_that_promises_nothing_are_refused() -> None:
    closed = ProviderSource(bench("digital_onboarding").client(read_only=True))
    with pytest.raises(InvalidRequest, match="cannot be read"):
        make_plan(closed, Target(bench("example").client(read_only=True)))
    assert Fake.keeping is None
    with pytest.raises(UnsupportedOperation, match="does not say what it keeps"):
        make_plan(InMemory([]), Target(fake_client()))


# ── signing off ──────────────────────────────────────────────────────────────────────────────────────────────────


def planned(count: int = 100) -> tuple[Plan, InMemory]:
    source = InMemory([Contact(email=f"p{number}@example.org", subscriptions=(YES,)) for number in range(count)])
    return make_plan(source, Target(bench("example").client(read_only=True)), now=lambda: NOW), source


def test_only_a_plan_that_was_signed_off_and_not_changed_since_may_be_run(tmp_path: Path) -> None:
    plan, source = planned()
    with pytest.raises(InvalidRequest, match="nobody has signed"):
        check_approved(plan, source)
    path = tmp_path / "plan.json"
    save_plan(plan.approved(NOW, "the lead"), path)
    check_approved(load_plan(path), source)
    told: dict[str, Any] = json.loads(path.read_text())
    for change in ({"people": {**told["people"], "created": 1}}, {"rules": {"restore": True}}, {"losses": []}):
        path.write_text(json.dumps({**told, **change}))
        if json.loads(path.read_text()) != told:
            with pytest.raises(InvalidRequest, match="changed after"):
                check_approved(load_plan(path), source)
    path.write_text(json.dumps(told, indent=8, sort_keys=True))  # the same plan, printed otherwise
    check_approved(load_plan(path), source)


def test_a_plan_is_refused_once_the_source_has_moved_beyond_the_threshold() -> None:
    plan, source = planned(1_000)
    signed = plan.approved(NOW)
    check_approved(signed, replace(source, inputs=source.inputs[:-10]))
    with pytest.raises(InvalidRequest, match="989 people, 1000 when it was planned"):
        check_approved(signed, replace(source, inputs=source.inputs[:-11]))
    with pytest.raises(InvalidRequest, match="about memory, not about another"):
        check_approved(signed, replace(source, name="another"))


def test_a_plan_about_a_bundle_is_refused_once_the_bundle_is_another(tmp_path: Path) -> None:
    from martech.migration.bundle import BundleSource

    _, source = planned()
    export(source, tmp_path / "kept")
    plan = make_plan(BundleSource(tmp_path / "kept"), Target(bench("example").client(read_only=True))).approved(
        NOW
    )
    check_approved(plan, BundleSource(tmp_path / "kept"))
    export(
        replace(source, inputs=[*source.inputs[:-1], Contact(email="x@example.org")]),
        tmp_path / "kept",
        overwrite=True,
    )
    with pytest.raises(InvalidRequest, match="its contents are not those"):
        check_approved(plan, BundleSource(tmp_path / "kept"))


@pytest.mark.parametrize(
    ("text", "said"), [("no", "is no JSON"), ("{}", "is no plan"), ('{"version": 9}', "version 9")]
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(BrokenInput, match=said):
        load_plan(tmp_path / "plan.json")


def test_nobody_is_in_a_plan_nor_in_its_page() -> None:
    people = [
        Contact(
            email="ada.lovelace@example.org",
            own_id="secret-7",
            attributes={"CITY": "Camelot"},
            subscriptions=(YES,),
        )
    ]
    plan = make_plan(InMemory(people), Target(bench("dengage").client(read_only=True)))
    for text in (plan.model_dump_json(), page_of(plan)):
        assert not any(word in text for word in ("lovelace", "secret-7", "Camelot"))


def test_the_page_needs_nothing_else_and_shows_the_losses_escaped() -> None:
    people = [Contact(own_id="c-1", attributes={"<script>": "x"}, subscriptions=(YES,))]
    page = page_of(make_plan(InMemory(people, title="A & B"), Target(bench("dengage").client(read_only=True))))
    assert "A &amp; B" in page
    assert "&lt;script&gt;" in page
    assert not any(mark in page for mark in ("<script", "<link", "src=", "href=", "url(", "@import"))


# ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_commands_from_export_to_signing_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from martech.emulation import serve

    emulator = bench("example").emulator
    emulator.seed_people([{"email": f"p{number}@example.org"} for number in range(30)])
    with serve(type(emulator)(seed=1)) as fresh, serve(emulator) as old:
        for name, served in (("old", old), ("new", fresh)):
            lines = [f"{key} = {json.dumps(value)}" for key, value in served.emulator.settings().items()]
            (tmp_path / f"{name}.toml").write_text("\n".join(lines))
        bundle, plan = tmp_path / "kept", tmp_path / "plan.json"
        assert main(["bundle", "export", f"example:{tmp_path / 'old.toml'}", str(bundle)]) == 0
        target = f"example:{tmp_path / 'new.toml'}"
        html = tmp_path / "plan.html"
        assert main(["migrate", "plan", f"bundle:{bundle}", target, "--out", str(plan), "--html", str(html)]) == 0
        assert html.read_text().startswith("<!doctype html>")
        assert main(["migrate", "map", f"bundle:{bundle}", target]) == 0
        assert main(["migrate", "plan", "--approve", str(plan), "--by", "me"]) == 0
        check_approved(load_plan(plan))
        assert main(["migrate", "plan", "--show", str(plan)]) == 0
        capsys.readouterr()
        assert main(["bundle", "import", str(bundle), target, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["parts"]["contacts"] == {"created": 30}
        assert main(["bundle", "export", target, str(tmp_path / "after"), "--json"]) == 0
        capsys.readouterr()
        assert main(["bundle", "diff", str(bundle), str(tmp_path / "after")]) == 0
        assert "the same" in capsys.readouterr().out
        assert main(["migrate", "plan"]) == 2
