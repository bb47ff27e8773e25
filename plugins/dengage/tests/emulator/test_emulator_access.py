"""Who may call the pretended dEngage, and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest


def test_login_answers_a_flat_object_with_the_lifetime_in_seconds(api):
    said = api.login()
    assert said.status == 200
    assert set(said.body) == {"access_token", "expires_in"}
    assert said.body["expires_in"] == 3600


def test_a_wrong_password_is_answered_403_with_nothing_in_the_body(api):
    said = api.login(userkey="acme_api_user", password="wrong")
    assert (said.status, said.body) == (403, None)


def test_a_wrong_password_is_answered_401_where_that_is_switched(connect):
    assert connect(bad_login_status=401).login(userkey="nobody", password="wrong").status == 401


@pytest.mark.parametrize("given", [{"userKey": "acme_api_user", "password": "x"}, {"userkey": "acme_api_user"}])
def test_login_without_its_two_fields_is_a_field_error(api, given):
    said = api.login(**given)
    assert (said.status, said.code) == (400, 1)


@pytest.mark.parametrize("token", [None, "Bearer nonsense", "Basic eA=="])
def test_a_call_without_a_good_token_is_answered_401_with_nothing_in_the_body(api, token):
    said = api("GET", "/email/froms", token=token)
    assert (said.status, said.body) == (401, None)


def test_a_bare_token_passes_only_where_that_is_switched(api):
    assert api("GET", "/email/froms", token=api.token).status == 401
    api.emulator.accept_bare_token = True
    assert api("GET", "/email/froms", token=api.token).status == 200


def test_a_token_expires_after_its_lifetime_and_a_new_one_works(connect):
    api = connect(token_seconds=60)
    api.clock.advance(59)
    assert api.get("/email/froms").status == 200
    api.clock.advance(1)
    assert api.get("/email/froms").status == 401
    api.login()
    assert api.get("/email/froms").status == 200


def test_every_token_can_be_made_invalid_at_once(api):
    api.emulator.expire_tokens()
    assert api.get("/email/froms").status == 401


def test_logging_in_before_each_call_is_blocked_where_that_is_switched(connect):
    api = connect(logins_per_minute=3)
    assert [api.login().status for _ in range(3)] == [200, 200, 429]
    api.clock.advance(60)
    assert api.login().status == 200


def test_an_address_that_is_not_listed_is_refused_before_the_credentials_are_looked_at(connect):
    api = connect(allowed_ips={"198.51.100.1"})
    said = api.login(userkey="nobody", password="wrong")
    assert said.status == 403
    assert said.body == {"actionResult": "IP address 203.0.113.7 is not whitelisted"}
    assert api("POST", "/login", {}, from_ip="198.51.100.1").status == 400


def test_the_refusal_of_an_address_may_have_nothing_in_its_body(connect):
    said = connect(allowed_ips=(), empty_ip_refusal=True).get("/email/froms")
    assert (said.status, said.body) == (403, None)


def test_a_missing_permission_is_a_403_with_code_10_and_its_name(connect):
    api = connect(denied_permissions={"DataSpace.Manage"})
    said = api.bulk({"contact_key": "c-1"})
    assert (said.status, said.code) == (403, 10)
    assert said.data == {"missingPermissions": ["dataSpace.manage"]}
    assert api.get("/dataspace/tables").status == 200


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ("dataSpace.read", "/contacts/c-1"),
        ("content.read", "/contents/email"),
        ("send.read", "/sends/email/x"),
        ("settings.read", "/sms/froms/bulk"),
        ("log.read", "/logs/email"),
        ("transactional.read", "/transactional/sms"),
        ("push.read", "/push/sendInstant"),
    ],
)
def test_every_area_has_a_permission_of_its_own(connect, permission, path):
    assert connect(denied_permissions=[permission]).get(path).data == {"missingPermissions": [permission]}


def test_a_missing_permission_may_be_an_empty_403_on_transactional_calls_only(connect):
    api = connect(denied_permissions={"transactional.manage", "dataspace.read"}, empty_forbidden=True)
    said = api.post("/transactional/email", {})
    assert (said.status, said.body) == (403, None)
    assert api.get("/contacts/c-1").code == 10


def test_the_31st_request_of_a_second_from_one_address_is_answered_429(connect):
    api = connect(requests_per_second=30)  # the login was the first
    assert [api.get("/email/froms").status for _ in range(30)] == [200] * 29 + [429]
    assert api.get("/email/froms").body["message"] == "TooManyRequest"
    assert api.get("/email/froms", from_ip="198.51.100.1").status == 200
    api.clock.advance(1)
    assert api.get("/email/froms").status == 200


def test_a_seventh_read_at_the_same_time_is_refused_where_that_is_switched(connect):
    api = connect(reads_at_once=6)
    with ThreadPoolExecutor(8) as pool:
        with api.emulator.lock:  # nobody is answered before all have asked
            reads = [pool.submit(api.get, "/email/froms") for _ in range(7)]
            write = pool.submit(api.bulk, {"contact_key": "c-1"})
            while api.emulator.reads_under_way < 7:
                pass
        assert sorted(one.result().status for one in reads) == [200] * 6 + [429]
        assert write.result().status == 200
    assert api.get("/email/froms").status == 200


def test_an_unknown_path_is_404_in_the_envelope_but_only_with_a_token(api):
    said = api.get("/nothing/here")
    assert (said.status, said.code, said.data) == (404, 404, None)
    assert api("GET", "/nothing/here", token=None).status == 401


def test_paths_without_the_prefix_rest_are_not_the_api(api):
    said = api("GET", "/email/froms", base=api.emulator.public_url)
    assert said.status == 404


def test_every_answer_has_a_fresh_transaction_id(api):
    first, second = api.get("/email/froms"), api.get("/email/froms")
    assert set(first.body) == {"transactionId", "code", "message", "data"}
    assert (first.code, first.body["message"]) == (0, "Successful")
    assert first.job != second.job


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"null", b'"text"'])
def test_a_body_that_is_no_json_object_is_a_field_error(api, body):
    said = api.post("/bulk/contacts", body)
    assert (said.status, said.code) == (400, 1)


def test_secrets_are_the_password_and_the_tokens(api):
    assert api.emulator.settings()["password"] in api.emulator.secrets()
    assert api.token in api.emulator.secrets()
    api.get("/email/froms", token_in_address=api.token)
    assert api.emulator.ledger.leaks == ["/rest/email/froms"]
