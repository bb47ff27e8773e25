"""The sandbox: nobody gets what was not meant for them, whichever way it is sent."""

import pytest

from martech import (
    Channel,
    Consent,
    EmailMessage,
    Everyone,
    ItemOutcome,
    Kind,
    Lists,
    Mailbox,
    MessageState,
    People,
    SendRefused,
    SendStatus,
    SmsMessage,
    TemplateMessage,
    own,
)
from martech.delivery import Sandbox
from martech.errors import ConfigurationError, UnsupportedOperation
from martech.provider.capabilities import capabilities
from martech.registry import find, installed
from martech.testing.connecting import Bench, bench
from martech.testing.faces import Drive, FaceName

FACES = pytest.mark.parametrize("face", ["blocking", "asyncio"])
LETTER = EmailMessage(to="ada@example.org", subject="Your receipt", html="<p>Thank you.</p>")
ONLY_US = Sandbox(allow=["@example.test", "dev@example.org"])


@FACES
def test_who_is_allowed_is_reached_and_nobody_else(table: Bench, face: FaceName) -> None:
    with Drive(table, face, sandbox=ONLY_US) as drive:
        drive.call(
            lambda one: one.messages.send_email(LETTER.model_copy(update={"to": (box("dev@example.org"),)}))
        )
        drive.call(
            lambda one: one.messages.send_email(EmailMessage(to="Ann@Example.TEST", subject="s", html="<p>t</p>"))
        )
        with pytest.raises(SendRefused, match="nothing was sent") as refused:
            drive.call(lambda one: one.messages.send_email(LETTER))
    assert "ada" not in str(refused.value)
    assert [sent.recipient for sent in table.emulator.outbox] == ["dev@example.org", "Ann@example.test"]


@FACES
def test_one_recipient_who_is_not_allowed_stops_the_whole_message(table: Bench, face: FaceName) -> None:
    both = EmailMessage(to=["ann@example.test", "ada@example.org"], subject="s", html="<p>t</p>")
    with Drive(table, face, sandbox=ONLY_US) as drive, pytest.raises(SendRefused):
        drive.call(lambda one: one.messages.send_email(both))
    assert table.emulator.outbox == []


@FACES
def test_what_was_meant_for_somebody_else_is_redirected_and_says_so(table: Bench, face: FaceName) -> None:
    with Drive(table, face, sandbox="redirect=dev@example.org") as drive:
        drive.call(lambda one: one.messages.send_email(LETTER))
    (sent,) = table.emulator.outbox
    assert sent.recipient == "dev@example.org"
    assert sent.what == "[for a…@example.org] Your receipt"


def test_copies_are_redirected_too_and_those_who_are_allowed_keep_theirs() -> None:
    sandbox = Sandbox(allow=["@example.test"], redirect_to=["dev@example.org", "+447700900999"])
    message = EmailMessage(
        to=["ann@example.test", "ada@example.org"],
        cc="bob@example.org",
        bcc="cy@example.test",
        subject="s",
        html="<p>t</p>",
    )
    kept = sandbox.message(message)
    assert [one.address for one in kept.to] == ["ann@example.test", "dev@example.org"]
    assert [one.address for one in kept.cc] == []
    assert [one.address for one in kept.bcc] == ["cy@example.test"]
    assert kept.subject == "[for a…@example.org and 1 more] s"
    assert sandbox.message(SmsMessage(to="+447700900123", text="t")).to == "+447700900999"
    by_template = TemplateMessage(template_id="7", to="+447700900123", channel=Channel.SMS)
    assert sandbox.message(by_template).to == "+447700900999"


def test_a_number_is_refused_where_only_an_address_stands_in() -> None:
    with pytest.raises(SendRefused):
        Sandbox(redirect_to="dev@example.org").message(SmsMessage(to="+447700900123", text="t"))


@FACES
def test_a_dry_run_does_everything_but_the_send(table: Bench, face: FaceName) -> None:
    with Drive(table, face, sandbox=Sandbox(dry_run=True)) as drive:
        receipt = drive.call(lambda one: one.messages.send_email(LETTER, key="k-1"))
        assert (receipt.state, receipt.send_key, receipt.message_id) == (MessageState.DRY_RUN, "k-1", None)
        with pytest.raises(UnsupportedOperation):
            drive.call(lambda one: one.messages.send_sms(SmsMessage(to="+447700900123", text="t")))
    assert table.emulator.outbox == []
    assert table.emulator.ledger.count("letters") == 0


@FACES
def test_what_goes_past_the_neutral_verbs_is_refused(table: Bench, face: FaceName) -> None:
    letter = {"to": "dev@example.org", "subject": "s", "body": "b", "nonce": "n"}
    with Drive(table, face, sandbox=ONLY_US) as drive:
        with pytest.raises(SendRefused, match="cannot tell whom"):
            drive.call(lambda one: one.request("POST", "/letters", kind=Kind.SEND, json=letter))
        assert drive.call(lambda one: one.account.verify()).ok
    assert table.emulator.ledger.count("letters") == 0


@pytest.mark.parametrize("audience", [Lists(["1"]), Everyone(), People([own("c-1")])])
def test_a_campaign_to_people_whom_nobody_can_name_is_refused_before_any_request(audience: object) -> None:
    at = bench("dotdigital")
    with at.client(sandbox=ONLY_US) as client, pytest.raises(SendRefused):
        client.campaigns.send("1", to=audience)  # type: ignore[arg-type]  # one of each sort
    assert at.emulator.ledger.total == 0


def test_a_dry_run_of_a_campaign_says_that_it_is_one() -> None:
    at = bench("dotdigital")
    with at.client(sandbox="dry-run") as client:
        sent = client.campaigns.send("1", to=Lists(["1"]), key="k-1")
    assert (sent.status, sent.send_key) == (SendStatus.DRY_RUN, "k-1")
    assert at.emulator.outbox == []


@FACES
def test_an_enrolment_takes_only_people_who_are_allowed(face: FaceName) -> None:
    at = bench("dotdigital")
    with Drive(at, face, sandbox=ONLY_US) as drive:
        result = drive.call(lambda one: one.automations.enrol("1", ["ada@example.org"]))
    assert [one.outcome for one in result.items] == [ItemOutcome.REFUSED]
    assert "sandbox" in str(result.items[0].reason)
    assert at.emulator.ledger.total == 0
    at.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    with Drive(at, face, sandbox=Sandbox(dry_run=True)) as drive:
        result = drive.call(lambda one: one.automations.enrol("1", ["ada@example.org"]))
    assert [one.outcome for one in result.items] == [ItemOutcome.REFUSED]
    assert at.emulator.outbox == []


def test_a_yes_whose_confirmation_might_reach_somebody_is_refused(table: Bench) -> None:
    given = Consent(channel=Channel.EMAIL, given_at=table.clock.now(), text="Yes, write to me.")
    table.emulator.seed_people([{"email": "ada@example.org", "unsubscribed_email": "false"}])
    with table.client(sandbox=ONLY_US) as client, pytest.raises(SendRefused):
        client.consent.subscribe("ada@example.org", channel=Channel.EMAIL, evidence=given)
    with table.client(sandbox=ONLY_US) as client:
        client.consent.unsubscribe("ada@example.org", channel=Channel.EMAIL)  # a no always gets through


def test_the_environment_puts_every_client_into_its_sandbox(table: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTECH_SANDBOX", "allow=@example.test")
    with table.client() as client, pytest.raises(SendRefused):
        client.messages.send_email(LETTER)
    with table.client(sandbox=Sandbox(allow=["ada@example.org"])) as client, pytest.raises(SendRefused):
        client.messages.send_email(LETTER)
    monkeypatch.setenv("MARTECH_SANDBOX", "off")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        table.client()
    monkeypatch.setenv("MARTECH_SANDBOX", " ")
    with table.client() as client:
        client.messages.send_email(LETTER)


@pytest.mark.parametrize(
    "text", ["", ";", "yes", "allow=", "allow=example", "dry-run=no", "redirect=@example.org"]
)
def test_a_sandbox_that_cannot_be_read_is_never_taken_for_none(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Sandbox.read(text)


def test_a_sandbox_says_nothing_about_persons() -> None:
    sandbox = Sandbox.read("allow=ada@example.org,@example.test; redirect=dev@example.org; dry-run")
    assert repr(sandbox) == "<Sandbox: 2 allowed, others redirected, dry run>"
    assert repr(Sandbox()) == "<Sandbox: nobody may be reached>"


@pytest.mark.parametrize("name", [one.name for one in installed()])
def test_a_sandbox_changes_nothing_about_what_a_provider_can_do(name: str) -> None:
    at = bench(name)
    with at.client(sandbox=ONLY_US) as client:
        said, usual = client.capabilities(), capabilities(find(name).for_looking())
    assert {verb: (one.no, one.assumption, one.declined()) for verb, one in said.items()} == {
        verb: (one.no, one.assumption, one.declined()) for verb, one in usual.items()
    }


def box(address: str) -> Mailbox:
    return Mailbox(address=address)
