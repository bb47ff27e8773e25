"""Contacts of the pretended dEngage: bulk writes, reading, extensions, and the assumed single writes."""

from __future__ import annotations

import pytest

PERMISSIONS = ("email_permission", "gsm_permission")


def test_a_new_contact_is_opted_in_unless_told_otherwise(api):
    said = api.bulk({"contact_key": "c-1", "email": "ada@example.org", "gsm": "905351234567"})
    assert said.data == {"inserted": ["c-1"], "updated": [], "errors": [], "warnings": []}
    contact = api.contact("c-1")
    assert [contact[name] for name in PERMISSIONS] == [True, True]
    assert (contact["contact_status"], contact["email_status"], contact["gsm_status"]) == ("A", "A", "A")
    assert (contact["name"], contact["birth_date"]) == ("", None)
    assert api.emulator.contactable("c-1") is True
    assert api.emulator.contactable("c-1", "sms") is True


def test_an_update_changes_only_the_columns_of_the_call(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org", "email_permission": False, "name": "Ada"})
    said = api.bulk({"contact_key": "c-1", "surname": "Lovelace"})
    assert said.data["updated"] == ["c-1"]
    contact = api.contact("c-1")
    assert (contact["name"], contact["surname"], contact["email_permission"]) == ("Ada", "Lovelace", False)


def test_keys_of_a_record_that_are_not_among_the_columns_are_ignored(api):
    body = {"columns": ["contact_key"], "contactDatas": [{"contact_key": "c-1", "name": "Ada", "x": 1}]}
    assert api.post("/bulk/contacts", body).data["inserted"] == ["c-1"]
    assert api.contact("c-1")["name"] == ""


def test_email_is_stored_in_lower_case(api):
    api.bulk({"contact_key": "c-1", "email": "Ada@Example.ORG"})
    assert api.contact("c-1")["email"] == "ada@example.org"


def test_a_changed_address_is_taken_for_valid_again(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org", "gsm": "905351234567"})
    api.control("engagement", contact_key="c-1", kind="hard_bounce")
    assert api.contact("c-1")["email_status_reason"] == "HB"
    api.bulk({"contact_key": "c-1", "email": "ADA@example.org"})
    assert api.contact("c-1")["email_status"] == "P"  # the same address in other letters
    api.bulk({"contact_key": "c-1", "email": "ada@example.test"})
    assert (api.contact("c-1")["email_status"], api.contact("c-1")["email_status_reason"]) == ("A", None)
    assert api.emulator.contactable("c-1") is True


def test_a_status_given_with_a_changed_address_is_kept(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org"})
    api.bulk({"contact_key": "c-1", "email": "ada@example.test", "email_status": "P", "email_status_reason": "HB"})
    assert (api.contact("c-1")["email_status"], api.contact("c-1")["email_status_reason"]) == ("P", "HB")


def test_statuses_may_be_given_with_a_new_contact(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org", "email_status": "P"})
    assert api.emulator.contactable("c-1") is False


def test_an_empty_text_overwrites_an_address_with_nothing(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org"})
    api.bulk({"contact_key": "c-1", "email": ""})
    assert api.contact("c-1")["email"] == ""
    assert api.emulator.contactable("c-1") is False
    assert api.emulator.contactable("ada@example.org") is None


@pytest.mark.parametrize(
    "body",
    [
        {"columns": [], "contactDatas": [{"contact_key": "c-1"}]},
        {"columns": ["contact_key"], "contactDatas": []},
        {"columns": ["contact_key"], "contactDatas": [{"contact_key": "c"}] * 1001},
        {"columns": ["contact_key"]},
        {"columns": "contact_key", "contactDatas": [{"contact_key": "c-1"}]},
        {"columns": ["contact_key", 1], "contactDatas": [{"contact_key": "c-1"}]},
        {"columns": ["contact_key"], "contactDatas": [{"contact_key": "c-1"}], "insertIfNotExists": "yes"},
    ],
)
@pytest.mark.parametrize("path", ["/bulk/contacts", "/bulk/async/contacts"])
def test_a_bulk_write_outside_of_its_bounds_is_a_field_error(api, path, body):
    said = api.post(path, body)
    assert (said.status, said.code) == (400, 1)


@pytest.mark.parametrize("path", ["/bulk/contacts", "/bulk/async/contacts"])
@pytest.mark.parametrize("columns", [["email"], ["contact_key", "shoe_size"], ["contact_key", "is_email_active"]])
def test_columns_that_do_not_do_fail_the_call_with_code_11(api, path, columns):
    said = api.post(path, {"columns": columns, "contactDatas": [dict.fromkeys(columns, "x")]})
    assert (said.status, said.code) == (400, 11)
    assert api.emulator.contactable("x") is None


def test_an_unknown_column_may_fail_each_record_instead(connect):
    api = connect(unknown_column="record")
    said = api.bulk({"contact_key": "c-1", "shoe_size": 44})
    assert (said.status, said.code) == (200, 0)
    assert [error["contact_key"] for error in said.data["errors"]] == ["c-1"]


def test_a_column_added_in_the_panel_can_be_written_if_it_is_import_enabled(api):
    api.emulator.add_contact_column("shoe_size", "INTEGER")
    api.control("columns", name="secret", type="TEXT", import_enabled=False)
    api.bulk({"contact_key": "c-1", "shoe_size": 44})
    assert (api.contact("c-1")["shoe_size"], api.contact("c-1")["secret"]) == (44, None)
    assert api.bulk({"contact_key": "c-1", "secret": "x"}).code == 11
    assert api.control("columns", name="x", type="ODD").status == 400


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("email", "not an address"),
        ("email", "a" * 250 + "@example.org"),
        ("email", None),
        ("gsm", "+905351234567"),
        ("gsm", "0535 123"),
        ("gsm", 905351234567),
        ("email_permission", "true"),
        ("email_permission", None),
        ("email_permission", 1),
        ("contact_status", "ACTIVE"),
        ("email_status", None),
        ("birth_date", "1990-01-01 10:00"),
        ("birth_date", "1990-02-30"),
        ("subscription_date", "2026-01-05T09:00:00+03:00"),
        ("name", 7),
        ("city", {"name": "Oslo"}),
    ],
)
def test_a_value_its_column_does_not_take_is_an_error_of_its_record_inside_a_200(api, column, value):
    good = {"contact_key": "good", column: {"birth_date": "1990-01-01"}.get(column, "")}
    said = api.bulk({"contact_key": "bad", column: value}, good)
    assert (said.status, said.code) == (200, 0)
    bad = next(error for error in said.data["errors"] if error["contact_key"] == "bad")
    assert column in bad["message"]
    assert api.emulator.contactable("bad") is None


def test_records_that_are_no_objects_or_have_no_key_are_errors(api):
    body = {"columns": ["contact_key"], "contactDatas": ["c-1", {}, {"contact_key": ""}, {"contact_key": 7}]}
    assert len(api.post("/bulk/contacts", body).data["errors"]) == 4


def test_errors_may_be_texts(connect):
    said = connect(errors_as="strings").bulk({"contact_key": "c-1", "email": "nonsense"}, {"email": ""})
    assert said.data["errors"] == ["c-1: email is not an e-mail address", "contact_key is required"]


def test_a_column_that_may_be_null_takes_null(api):
    api.bulk({"contact_key": "c-1", "birth_date": "1990-12-10"})
    assert api.bulk({"contact_key": "c-1", "birth_date": None}).data["errors"] == []
    assert api.contact("c-1")["birth_date"] is None


def test_one_bad_record_may_refuse_the_whole_call_before_anything_is_written(api):
    said = api.bulk(
        {"contact_key": "c-1", "email": "ada@example.org"},
        {"contact_key": "c-2", "email": "nonsense"},
        throwExceptionIfInvalidRecord=True,
    )
    assert (said.status, said.code) == (400, 11)
    assert [error["contact_key"] for error in said.data["errors"]] == ["c-2"]
    assert api.get("/contacts/c-1").status == 404


def test_a_call_may_be_told_not_to_insert(api):
    api.bulk({"contact_key": "c-1", "name": "Ada"})
    said = api.bulk(
        {"contact_key": "c-1", "name": "A"}, {"contact_key": "c-2", "name": "B"}, insertIfNotExists=False
    )
    assert (said.data["updated"], said.data["inserted"]) == (["c-1"], [])
    assert said.data["errors"][0]["contact_key"] == "c-2"


def test_a_column_that_a_record_lacks_is_refused_or_defaulted_or_ignored_as_is_switched(api):
    def write():
        return api.bulk({"contact_key": "c-1", "email_permission": False}, {"contact_key": "c-2"})

    assert write().data["errors"][0]["contact_key"] == "c-2"
    api.bulk({"contact_key": "c-2", "email_permission": False})
    api.emulator.missing_column = "ignore"
    assert write().data["errors"] == []
    assert api.contact("c-2")["email_permission"] is False
    api.emulator.missing_column = "default"
    write()
    assert api.contact("c-2")["email_permission"] is True


def test_a_key_that_comes_twice_in_one_call_is_written_twice_with_a_warning(api):
    said = api.bulk({"contact_key": "c-1", "name": "A"}, {"contact_key": "c-1", "name": "B"})
    assert (said.data["inserted"], said.data["updated"]) == (["c-1"], ["c-1"])
    assert said.data["warnings"][0]["contact_key"] == "c-1"
    assert api.contact("c-1")["name"] == "B"


def test_half_of_the_records_may_be_refused(connect):
    api = connect(refuse_half_of_rows=True)
    said = api.bulk(*({"contact_key": f"c-{n}"} for n in range(5)))
    assert said.data["inserted"] == ["c-0", "c-2", "c-4"]
    assert [error["contact_key"] for error in said.data["errors"]] == ["c-1", "c-3"]


# ── the gate of BulkUpsert ───────────────────────────────────────────────────────────────────────────────────


def test_a_second_bulk_call_within_a_minute_is_answered_429(connect):
    api = connect(bulk_gate=True)
    assert api.bulk({"contact_key": "c-1"}).status == 200
    api.clock.advance(59)
    assert api.bulk({"contact_key": "c-2"}).status == 429
    api.clock.advance(1)
    assert api.bulk({"contact_key": "c-2"}).status == 200


def test_a_call_that_is_refused_for_what_it_says_counts_too(connect):
    api = connect(bulk_gate=True)
    assert api.post("/bulk/contacts", {}).status == 400
    assert api.bulk({"contact_key": "c-1"}).status == 429


@pytest.mark.parametrize("status", [429, 500])
def test_a_call_that_lasts_longer_than_a_minute_keeps_parallel_ones_out(connect, status):
    api = connect(bulk_gate=True, bulk_call_seconds=90, parallel_bulk_status=status)
    api.bulk({"contact_key": "c-1"})
    api.clock.advance(80)
    said = api.bulk({"contact_key": "c-2"})
    assert (said.status, said.code) == (status, 999 if status == 500 else 429)
    api.clock.advance(10)
    assert api.bulk({"contact_key": "c-2"}).status == 200


def test_the_gate_does_not_hold_back_the_asynchronous_call(connect):
    api = connect(bulk_gate=True)
    body = {"columns": ["contact_key"], "contactDatas": [{"contact_key": "c-1"}]}
    assert [api.post("/bulk/async/contacts", body).status for _ in range(3)] == [202] * 3


# ── BulkUpsert-Async ─────────────────────────────────────────────────────────────────────────────────────────


def bulk_async(api, *records):
    return api.post("/bulk/async/contacts", {"columns": list(records[0]), "contactDatas": list(records)})


def test_an_asynchronous_bulk_write_waits_and_runs_and_is_seen_when_it_ends(api):
    said = bulk_async(api, {"contact_key": "c-1", "email": "ada@example.org"})
    assert (said.status, said.code, said.data) == (202, 0, None)

    def status():
        return api.get(f"/bulk/async/contacts/{said.job}").data

    assert status() == {"status": "WAITING", "inserted": [], "updated": [], "errors": [], "warnings": []}
    api.clock.advance(1)
    assert status()["status"] == "RUNNING"
    assert api.get("/contacts/c-1").status == 404
    api.clock.advance(4)
    assert status() == {"status": "COMPLETED", "inserted": ["c-1"], "updated": [], "errors": [], "warnings": []}
    assert api.contact("c-1")["email"] == "ada@example.org"


def test_of_records_with_the_same_key_only_the_last_is_processed(api):
    said = bulk_async(api, *({"contact_key": key, "name": name} for key, name in ("1A", "2B", "1C")))
    api.clock.advance(5)
    assert api.get(f"/bulk/async/contacts/{said.job}").data["inserted"] == ["1", "2"]
    assert api.contact("1")["name"] == "C"


def test_bad_records_are_told_by_the_job(api):
    said = bulk_async(api, {"contact_key": "c-1", "email": "nonsense"}, {"contact_key": "c-2", "email": ""})
    api.clock.advance(5)
    data = api.get(f"/bulk/async/contacts/{said.job}").data
    assert (data["inserted"], data["errors"][0]["contact_key"]) == (["c-2"], "c-1")


def test_a_job_may_never_end_until_it_is_ended_by_hand(connect):
    api = connect(jobs_never_end=True)
    said = bulk_async(api, {"contact_key": "c-1"})
    api.clock.advance(86_000)
    api.login()
    assert api.get(f"/bulk/async/contacts/{said.job}").data["status"] == "RUNNING"
    assert [api.control("jobs", job_id=said.job, failed=late).status for late in (False, True)] == [200, 200]
    assert api.get(f"/bulk/async/contacts/{said.job}").data["status"] == "COMPLETED"
    assert api.control("jobs", job_id="nothing").status == 404


def test_a_job_may_fail_and_then_it_wrote_nothing(connect):
    api = connect(jobs_fail=True)
    said = bulk_async(api, {"contact_key": "c-1"})
    api.clock.advance(5)
    data = api.get(f"/bulk/async/contacts/{said.job}").data
    assert (data["status"], data["inserted"], len(data["errors"])) == ("FAILED", [], 1)
    assert api.get("/contacts/c-1").status == 404


def test_too_many_unfinished_jobs_are_answered_429_where_that_is_switched(connect):
    api = connect(async_bulk_at_most=2)
    assert [bulk_async(api, {"contact_key": "c"}).status for _ in range(3)] == [202, 202, 429]
    api.clock.advance(5)
    assert bulk_async(api, {"contact_key": "c"}).status == 202


def test_a_job_is_known_only_at_the_path_that_started_it(api):
    job = bulk_async(api, {"contact_key": "c-1"}).job
    assert api.get(f"/dataspace/async/upsert/{job}").status == 404
    assert api.get("/bulk/async/contacts/unknown").status == 404


# ── GetContact ───────────────────────────────────────────────────────────────────────────────────────────────


def test_get_contact_answers_the_named_columns_only(api):
    api.bulk({"contact_key": "a b/c?é", "email": "ada@example.org", "name": "Ada"})
    said = api.get("/contacts/a%20b%2Fc%3F%C3%A9", contactFields="email,name")
    assert said.data == {"contacts": [{"email": "ada@example.org", "name": "Ada"}]}


def test_get_contact_refuses_a_column_that_is_not_there(api):
    api.bulk({"contact_key": "c-1"})
    assert api.get("/contacts/c-1", contactFields="email,shoe_size").code == 11


def test_an_unknown_contact_is_a_404_or_an_empty_array_as_is_switched(api):
    assert (api.get("/contacts/c-1").status, api.get("/contacts/c-1").code) == (404, 404)
    api.emulator.unknown_contact = "empty"
    said = api.get("/contacts/c-1")
    assert (said.status, said.code, said.data) == (200, 0, {"contacts": []})


def test_what_is_written_is_seen_only_after_the_lag(connect):
    api = connect(visibility_lag_seconds=120)
    api.bulk({"contact_key": "c-1", "name": "A"})
    assert api.emulator.contactable("c-1") is False
    api.clock.advance(60)
    api.bulk({"contact_key": "c-1", "name": "B"})
    assert api.get("/contacts/c-1").status == 404
    api.clock.advance(60)
    assert api.contact("c-1")["name"] == "A"
    api.clock.advance(60)
    assert api.contact("c-1")["name"] == "B"


def test_an_older_write_never_hides_a_later_one_when_the_lag_is_switched_off(connect):
    api = connect(visibility_lag_seconds=120)
    api.bulk({"contact_key": "c-1", "name": "A"})
    api.emulator.visibility_lag_seconds = 0
    api.bulk({"contact_key": "c-1", "name": "B"})
    api.clock.advance(200)
    assert api.contact("c-1")["name"] == "B"


# ── BulkUpsertExtensions ─────────────────────────────────────────────────────────────────────────────────────

WORK = {"contact_key": "c-1", "address": "ada@work.test", "channel": "email", "name": "work", "permission": False}


def extend(api, *records, **more):
    return api.post(
        "/bulk/contact_extensions", {"columns": list(records[0]), "contactDatas": list(records), **more}
    )


@pytest.fixture
def extended(api):
    api.bulk({"contact_key": "c-1"}, {"contact_key": "c-2"})
    assert extend(api, WORK).data["inserted"] == ["c-1"]
    return api


def test_an_extension_is_inserted_then_updated(extended):
    said = extend(extended, {**WORK, "permission": True})
    assert (said.data["inserted"], said.data["updated"]) == ([], ["c-1"])
    assert extended.emulator.extensions["c-1", "ada@work.test"].permission is True


def test_an_extension_can_be_renamed_but_a_rename_never_inserts(extended):
    rename = {"contact_key": "c-1", "address": "ada@work.test", "channel": "email", "new_address": "ada@home.test"}
    assert extend(extended, rename).data["updated"] == ["c-1"]
    assert list(extended.emulator.extensions) == [("c-1", "ada@home.test")]
    assert extend(extended, rename).data["errors"] != []
    move = {"contact_key": "c-1", "address": "ada@home.test", "new_contact_key": "c-2"}
    assert extend(extended, move).data["updated"] == ["c-1"]
    assert list(extended.emulator.extensions) == [("c-2", "ada@home.test")]


def test_a_new_address_needs_the_channel_among_the_columns(extended):
    assert (
        extend(extended, {"contact_key": "c-1", "address": "ada@work.test", "new_address": "x@y.test"}).code == 11
    )


@pytest.mark.parametrize(
    "record",
    [
        {**WORK, "contact_key": "c-9"},
        {**WORK, "address": ""},
        {**WORK, "channel": "fax"},
        {**WORK, "channel": "sms"},
        {**WORK, "name": "holiday"},
        {**WORK, "permission": "no"},
        {**WORK, "address": "new@work.test", "name": None},
        {**WORK, "new_contact_key": 7},
        {**WORK, "new_contact_key": "c-9"},
    ],
)
def test_an_extension_that_does_not_do_is_an_error_of_its_record(extended, record):
    assert extend(extended, record).data["errors"][0]["contact_key"] == record["contact_key"]


def test_an_extension_cannot_take_the_place_of_another(extended):
    extend(extended, {**WORK, "address": "second@work.test"})
    said = extend(extended, {**WORK, "new_address": "second@work.test"})
    assert "taken" in said.data["errors"][0]["message"]


def test_the_channel_of_an_extension_may_change_where_that_is_switched(extended):
    extended.emulator.extension_channel_fixed = False
    assert extend(extended, {**WORK, "channel": "sms"}).data["updated"] == ["c-1"]


def test_extensions_have_columns_of_their_own(extended):
    assert extend(extended, {**WORK, "city": "Oslo"}).code == 11
    assert extend(extended, {"contact_key": "c-1", "name": "work"}).code == 11
    assert extend(extended, {**WORK, "address": "x@work.test"}, insertIfNotExists=False).data["errors"] != []


# ── assumed: one contact at a time, and the update log ───────────────────────────────────────────────────────


def test_a_contact_is_inserted_once_and_changed_only_if_asked(api):
    contact = {"contact_key": "c-1", "email": "Ada@example.org"}
    assert api.post("/contacts", {"contact": contact}).data == {"contact_key": "c-1"}
    assert api.post("/contacts", {"contact": {**contact, "name": "Ada"}}).code == 11
    assert api.post("/contacts", {"contact": {**contact, "name": "Ada"}, "updateIfExists": True}).code == 0
    assert (api.contact("c-1")["email"], api.contact("c-1")["name"]) == ("ada@example.org", "Ada")


def test_a_contact_is_updated_by_key(api):
    api.bulk({"contact_key": "c-1", "name": "A"})
    assert api.put("/contacts/c-1", {"name": "B", "contact_key": "c-1"}).code == 0
    assert api.contact("c-1")["name"] == "B"
    assert api.put("/contacts/c-9", {"name": "B"}).status == 404
    assert api.put("/contacts/c-1", {"contact_key": "c-2"}).code == 11
    assert api.put("/contacts/c-1", {"shoe_size": 44}).code == 11
    assert api.put("/contacts/c-1", {"email": "nonsense"}).code == 11


def test_the_update_log_tells_every_change_with_its_time_and_source(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org"})
    api.clock.advance(10)
    api.bulk({"contact_key": "c-1", "email_permission": False, "contact_status": "P", "name": "Ada"})
    api.clock.advance(10)
    api.put("/contacts/c-1", {"gsm_permission": False, "email_permission": False})
    assert api.all_rows("/contacts/updateLog") == [
        {
            "contactKey": "c-1",
            "field": field,
            "oldValue": old,
            "newValue": new,
            "updatedAt": f"2026-01-05T09:00:{seconds}Z",
            "source": source,
        }
        for field, old, new, seconds, source in (
            ("ContactStatus", "A", "P", 10, "BULK_API"),
            ("EmailPermission", True, False, 10, "BULK_API"),
            ("GsmPermission", True, False, 20, "API"),
        )
    ]


def test_the_update_log_tells_resets_of_bounces_as_changes_of_the_address(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org"})
    api.emulator.engage("c-1", "spam")
    api.bulk({"contact_key": "c-1", "email": "ada@example.test"})
    told = [(row["field"], row["newValue"], row["source"]) for row in api.all_rows("/contacts/updateLog")]
    assert told == [("EmailStatus", "P", "SPAM_COMPLAINT"), ("EmailStatus", "A", "ADDRESS_CHANGE")]


def test_the_update_log_is_read_by_window_and_by_contact_and_to_the_end(api):
    api.bulk(*({"contact_key": f"c-{n}", "gsm_permission": True} for n in range(25)))
    for minute in range(3):
        api.clock.advance(60)
        api.bulk(*({"contact_key": f"c-{n}", "gsm_permission": bool(minute % 2)} for n in range(25)))
    assert len(api.all_rows("/contacts/updateLog", limit=7)) == 75
    page = api.get("/contacts/updateLog", limit=75).data
    assert (page["totalRowCount"], page["queryForNextPage"]) == (75, False)
    assert api.get("/contacts/updateLog", limit=74).data["queryForNextPage"] is True
    assert len(api.all_rows("/contacts/updateLog", contactKey="c-3")) == 3
    assert api.all_rows("/contacts/updateLog", contactKey="c-99") == []
    window = {"beginTime": "2026-01-05 09:01:01", "endTime": "2026-01-05 09:02:00"}
    assert len(api.all_rows("/contacts/updateLog", **window)) == 25


@pytest.mark.parametrize(
    "query",
    [
        {"beginTime": "2026-01-05"},
        {"endTime": "2026-01-05T09:00:00Z"},
        {"beginTime": "2026-01-05 09:00:01", "endTime": "2026-01-05 09:00:00"},
        {"limit": 1001},
        {"limit": 0},
        {"offset": -1},
    ],
)
def test_the_update_log_refuses_windows_and_pages_that_do_not_do(api, query):
    assert api.get("/contacts/updateLog", **query).code == 11


def test_a_limit_that_is_no_number_is_a_field_error(api):
    assert api.get("/contacts/updateLog", limit="all").code == 1


def test_the_update_log_lags_as_all_reads_do(connect):
    api = connect(visibility_lag_seconds=120)
    api.bulk({"contact_key": "c-1"})
    api.bulk({"contact_key": "c-1", "email_permission": False})
    assert api.all_rows("/contacts/updateLog") == []
    api.clock.advance(120)
    assert len(api.all_rows("/contacts/updateLog")) == 1


def test_a_new_contact_is_no_change_unless_that_is_switched(api):
    api.bulk({"contact_key": "c-1", "email_permission": False})
    assert api.all_rows("/contacts/updateLog") == []
    api.emulator.logs_inserts = True
    api.bulk({"contact_key": "c-2", "email_permission": False})
    told = {row["field"]: (row["oldValue"], row["newValue"]) for row in api.all_rows("/contacts/updateLog")}
    assert told["EmailPermission"] == (None, False)
    assert told["GsmPermission"] == (None, True)
    assert len(told) == 5


def test_keys_that_are_addresses_may_be_kept_in_lower_case_and_found_in_any(connect):
    api = connect(lower_email_keys=True)
    assert api.bulk({"contact_key": "Ada@Example.org"}).data["inserted"] == ["ada@example.org"]
    assert api.contact("ADA@example.org")["contact_key"] == "ada@example.org"
    assert api.bulk({"contact_key": "Ada@example.org", "name": "Ada"}).data["updated"] == ["ada@example.org"]
    assert api.contact("ada@example.org")["contact_key"] == "ada@example.org"
    assert api.bulk({"contact_key": "C-1"}).data["inserted"] == ["C-1"]
