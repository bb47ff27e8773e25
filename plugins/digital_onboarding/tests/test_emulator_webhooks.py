"""The deliveries that the pretended vendor signs, and what it looks like on a port."""

from __future__ import annotations

import hashlib
import hmac
import json
from inspect import signature as signature_of
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from martech.emulation import Served, serve
from martech.testing.clock import ManualClock
from martech.wire import HttpRequest
from martech_digital_onboarding.emulator import DigitalOnboardingEmulator

CONTACT_ID = "6f0e0000-0000-4000-8000-000000000000"


def emulated(**switches: Any) -> DigitalOnboardingEmulator:
    return DigitalOnboardingEmulator(clock=ManualClock(), **switches)


def signature(delivery: HttpRequest) -> dict[str, str]:
    header = delivery.headers.get("x-signature")
    assert header is not None
    return dict(part.split("=") for part in header.split(","))


def signed_by(delivery: HttpRequest, secret: str) -> set[str]:
    """Return the parts of the header that this secret made, under the assumed recipe."""
    parts = signature(delivery)
    signed = f"{parts['t']}.".encode() + delivery.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().upper()
    return {name for name, value in parts.items() if value == expected}


# ── deliveries ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_delivery_looks_like_the_captured_one() -> None:
    delivery = emulated().webhooks.delivery(CONTACT_ID)
    assert (delivery.method, delivery.url) == ("POST", "https://hooks.example-bank.test/digital-onboarding")
    assert delivery.body == f'{{"contact_id":"{CONTACT_ID}","type":"contact.updated"}}'.encode()
    assert len(delivery.body) == 78
    assert delivery.headers.get("content-type") == "application/octet-stream"
    assert delivery.headers.get("user-agent") == "hackney/1.17.4"


def test_a_good_delivery_is_signed_with_both_secrets_in_capitals_at_the_emulators_time() -> None:
    emulator = emulated()
    delivery = emulator.webhooks.delivery(CONTACT_ID)
    newer, older = emulator.webhooks.secrets
    assert (signed_by(delivery, newer), signed_by(delivery, older)) == ({"s0"}, {"s1"})
    parts = signature(delivery)
    assert int(parts["t"]) == emulator.clock.now().timestamp()
    assert len(parts["s0"]) == 64
    assert parts["s0"] == parts["s0"].upper()


def test_a_single_secret_and_swapped_signatures_are_genuine() -> None:
    webhooks = emulated().webhooks
    newer, older = webhooks.secrets
    single = webhooks.delivery(CONTACT_ID, variant="single_secret")
    assert signature(single).keys() == {"t", "s0"}
    assert signed_by(single, newer) == {"s0"}
    swapped = webhooks.delivery(CONTACT_ID, variant="swapped")
    assert (signed_by(swapped, newer), signed_by(swapped, older)) == ({"s1"}, {"s0"})


@pytest.mark.parametrize("variant", ["bad", "tampered"])
def test_a_bad_or_tampered_delivery_is_signed_by_no_live_secret(variant: Any) -> None:
    webhooks = emulated().webhooks
    delivery = webhooks.delivery(CONTACT_ID, variant=variant)
    assert signature(delivery).keys() == {"t", "s0", "s1"}
    assert not any(signed_by(delivery, secret) for secret in webhooks.secrets)


@pytest.mark.parametrize(("variant", "off"), [("stale", -301), ("future", 301)])
def test_a_stale_or_future_delivery_is_signed_correctly_at_the_wrong_time(variant: Any, off: int) -> None:
    emulator = emulated()
    delivery = emulator.webhooks.delivery(CONTACT_ID, variant=variant)
    assert int(signature(delivery)["t"]) == emulator.clock.now().timestamp() + off
    assert signed_by(delivery, emulator.webhooks.secrets[0]) == {"s0"}


def test_a_replayed_delivery_is_the_last_genuine_one_byte_by_byte() -> None:
    emulator = emulated()
    with pytest.raises(ValueError, match="replayed"):
        emulator.webhooks.delivery(CONTACT_ID, variant="replayed")
    genuine = emulator.webhooks.delivery(CONTACT_ID)
    emulator.clock.sleep(5)
    emulator.webhooks.delivery(CONTACT_ID, variant="bad")
    assert emulator.webhooks.delivery(CONTACT_ID, variant="replayed") == genuine


def test_headers_can_lack_something() -> None:
    webhooks = emulated().webhooks
    assert "x-signature" not in webhooks.delivery(CONTACT_ID, variant="no_header").headers
    assert signature(webhooks.delivery(CONTACT_ID, variant="no_time")).keys() == {"s0", "s1"}
    assert signature(webhooks.delivery(CONTACT_ID, variant="no_signature")).keys() == {"t"}
    assert signature(webhooks.delivery(CONTACT_ID, variant="nonsense_time"))["t"] == "now"


def test_rotating_moves_the_newer_secret_to_the_second_place() -> None:
    webhooks = emulated().webhooks
    before, retired = webhooks.secrets
    new = webhooks.rotate()
    assert webhooks.secrets == (new, before)
    delivery = webhooks.delivery(CONTACT_ID)
    assert signed_by(delivery, before) == {"s1"}
    assert not signed_by(delivery, retired)


def test_other_types_and_members_and_content_types_can_be_invented() -> None:
    webhooks = emulated(webhook_url="https://hooks.example.org/x").webhooks
    webhooks.content_type = "application/json"
    delivery = webhooks.delivery(CONTACT_ID, event_type="journey.completed", members={"a": 1, "z": None})
    assert delivery.url == "https://hooks.example.org/x"
    assert delivery.headers.get("content-type") == "application/json"
    expected = f'{{"a":1,"contact_id":"{CONTACT_ID}","type":"journey.completed","z":null}}'
    assert delivery.body.decode() == expected


def test_updates_and_opt_outs_are_collected_as_deliveries_while_the_switch_is_on() -> None:
    emulator = emulated()
    emulator.seed_people([{"key": "m-1", "email": "ada@example.org"}])
    emulator.import_csv("unique_id,city\nm-1,Northtown\n")
    assert emulator.webhooks.collected == []
    emulator.collect_webhooks = True
    emulator.import_csv("unique_id,city\nm-1,Southtown\nm-2,Southtown\n")
    emulator.opt_out("m-1")
    contact_id = emulator.people.by_unique_id["m-1"].id
    expected = {"contact_id": contact_id, "type": "contact.updated"}
    assert [json.loads(delivery.body) for delivery in emulator.webhooks.collected] == [expected, expected]
    assert emulator.webhooks.delivery(contact_id, variant="replayed") == emulator.webhooks.collected[-1]


# ── on a port ────────────────────────────────────────────────────────────────────────────────────────────────


def ask(served: Served, method: str, path: str, body: bytes | object = None, token: str | None = None) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    request = Request(served.url + path, content, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urlopen(request) as answer:
        return json.loads(answer.read())


def sign_in(served: Served) -> str:
    settings = served.line()["settings"]
    assert settings["base_url"] == served.url
    asked = {name: settings[name] for name in ("client_id", "client_secret")}
    body = urlencode({"grant_type": "client_credentials", **asked}).encode()
    return str(ask(served, "POST", "/oauth2/token", body)["access_token"])


def test_a_client_on_a_port_signs_in_upserts_and_enrols() -> None:
    with serve(emulated(collect_webhooks=True)) as served:
        token = sign_in(served)
        contact = {"unique_id": "m-1", "email": "ada@example.org"}
        new = ask(served, "POST", "/v1/contacts", {"contacts": [contact]}, token)["new_contacts"]
        link = ask(served, "POST", "/v1/templates/tpl-card/journeys", {"contact": contact}, token)
        assert link["web_client_url"].startswith("https://")
        [sent] = ask(served, "GET", "/_emulator/outbox")
        assert (sent["channel"], sent["recipient"]) == ("email", "ada@example.org")
        [start] = ask(served, "GET", "/_emulator/journeys")
        assert (start["route"], start["channel"]) == ("journeys", "email")
        assert ask(served, "GET", "/_emulator/pages") == [
            {"web_client_url": link["web_client_url"], "meta_public": {}}
        ]
        collected = ask(served, "GET", "/_emulator/webhooks")
        assert len(collected["secrets"]) == 2
        [delivery] = collected["collected"]
        assert json.loads(delivery["body"]) == {"contact_id": new[0]["id"], "type": "contact.updated"}


def test_expired_tokens_are_refused_on_a_port_too() -> None:
    with serve(emulated()) as served:
        token = sign_in(served)
        ask(served, "POST", "/_emulator/tokens")
        with pytest.raises(HTTPError) as refused:
            ask(served, "GET", "/v1/templates", token=token)
        with refused.value as answer:
            assert (answer.code, json.loads(answer.read())) == (401, {"error": "invalid_token"})


def test_people_opt_outs_files_and_credentials_can_be_arranged_over_http() -> None:
    with serve(emulated()) as served:

        def arrange(path: str, given: object = None) -> Any:
            return ask(served, "POST", f"/_emulator/{path}", given)

        assert arrange("people", {"rows": [{"key": "m-1", "email": "ada@example.org"}]}) == {"seeded": 1}
        assert arrange("contactable", {"person": "m-1"}) == {"contactable": True}
        assert arrange("opt-out", {"person": "m-1"}) == {"contacts": 1}
        assert arrange("contactable", {"person": "m-1", "channel": "email"}) == {"contactable": False}
        content = "unique_id,direct-deposit,shoe_size\nm-1,done,43\n"
        assert arrange("csv", {"content": content})["updated"] == 1
        assert ask(served, "GET", "/_emulator/completions")[0]["objective"] == "direct-deposit"
        assert ask(served, "GET", "/_emulator/ignored")[0]["member"] == "shoe_size"
        before = ask(served, "GET", "/_emulator/webhooks")["secrets"]
        assert arrange("webhook-secrets")["secrets"][1] == before[0]
        assert "x-signature" in dict(arrange("webhooks", {"contact_id": "c", "variant": "stale"})["headers"])
        assert arrange("clients")["client_id"] == served.emulator.settings()["client_id"]


def test_switches_can_be_set_over_http_and_are_checked() -> None:
    emulator = emulated()
    with serve(emulator) as served:
        switches = {
            "force_401_always": True,
            "token_seconds": 5,
            "max_batch_contacts": 10,
            "max_body_bytes": None,
            "absent_keys": ["m-1"],
            "meta_public_update": "merge",
            "webhook_url": "https://hooks.example.org/y",
        }
        assert ask(served, "POST", "/_emulator/switches", switches) == {"ok": True}
        assert {name: getattr(emulator, name) for name in switches} == switches
        for wrong in (
            {"meta_public_update": "muddle"},
            {"bare_arrays": 1},
            {"max_batch_contacts": True},
            {"token_type": 1},
            {"absent_keys": "m-1"},
            {"clock": None},
            {"speed": 1},
        ):
            with pytest.raises(HTTPError) as refused:
                ask(served, "POST", "/_emulator/switches", wrong)
            refused.value.close()
            assert refused.value.code == 400


def test_every_switch_is_an_attribute_with_the_value_it_was_given() -> None:
    given = signature_of(DigitalOnboardingEmulator).parameters
    emulator = emulated(absent_every=3, token_type="bearer")
    for name in given.keys() - {"clock", "seed", "templates", "team_objectives"}:
        expected = {"absent_every": 3, "token_type": "bearer"}.get(name, given[name].default)
        assert getattr(emulator, name) == expected, name


def test_a_control_route_that_is_none_is_not_found() -> None:
    assert emulated().control("GET", "nothing", {}).status == 404
