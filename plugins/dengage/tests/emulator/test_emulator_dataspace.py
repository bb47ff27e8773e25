"""The data space of the pretended dEngage: tables, rows, files and jobs."""

from __future__ import annotations

from base64 import b64encode
from uuid import uuid4

import pytest

COLUMNS = ["contact_key", "topic"]


def detail(api, table):
    return api.get(f"/dataspace/tables/{table}").data


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_table_is_created_listed_and_described(api):
    table = api.table("weekly", description="news")
    assert {"tableName": "weekly", "publicId": table} in api.all_rows("/dataspace/tables")
    assert detail(api, table) == {
        "tableName": "weekly",
        "publicId": table,
        "description": "news",
        "totalRowCount": 0,
        "columns": [
            {"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False},
            {"name": "topic", "type": "TEXT", "isPrimary": False, "isNullable": True},
        ],
        "contactKeyColumn": "contact_key",
    }


@pytest.mark.parametrize("name", ["weekly", "Weekly", "master_contact", "sys_contact"])
def test_a_name_that_is_taken_is_refused_with_code_1_and_in_these_words(api, name):
    api.table("weekly")
    columns = [{"name": "contact_key", "type": "TEXT"}]
    said = api.post("/dataspace/tables", {"name": name, "columns": columns})
    assert (said.status, said.code) == (400, 1)
    assert said.body["message"] == "Table with given name already exists!"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": ""}, 1),
        ({"name": 7}, 1),
        ({"name": "x" * 51}, 11),
        ({"columns": []}, 1),
        ({"columns": ["contact_key"]}, 1),
        ({"columns": [{"name": "x" * 51, "type": "TEXT"}]}, 11),
        ({"columns": [{"name": "x", "type": "text"}]}, 11),
        ({"columns": [{"name": "x", "type": "JSON"}]}, 11),
        ({"columns": [{"type": "TEXT"}]}, 1),
        ({"columns": [{"name": "x", "type": "TEXT", "isPrimary": "yes"}]}, 1),
        ({"columns": [{"name": "x", "type": "TEXT"}, {"name": "x", "type": "TEXT"}]}, 11),
        ({"contactKeyColumn": "nothing"}, 11),
        ({"contactKeyColumn": "age"}, 11),
        ({"folderId": "short"}, 1),
    ],
)
def test_a_table_that_does_not_do_is_refused(api, given, code):
    columns = [{"name": "contact_key", "type": "TEXT"}, {"name": "age", "type": "INTEGER"}]
    said = api.post("/dataspace/tables", {"name": "weekly", "columns": columns, **given})
    assert (said.status, said.code) == (400, code)


def test_tables_are_listed_to_the_end(api):
    for number in range(25):
        api.table(f"list-{number}")
    names = [row["tableName"] for row in api.all_rows("/dataspace/tables", limit=10)]
    assert len(names) == len(set(names)) == 25 + 9
    assert names[0] == "master_contact"


@pytest.mark.parametrize("limit", [9, 1001])
def test_the_listing_of_tables_takes_pages_of_10_to_1000(api, limit):
    assert api.get("/dataspace/tables", limit=limit).code == 11


def test_the_listing_may_leave_out_the_tables_of_the_platform(connect):
    api = connect(list_system_tables=False)
    assert api.get("/dataspace/tables").data == {"result": [], "totalRowCount": 0}


def test_the_table_of_contacts_has_as_many_rows_as_there_are_contacts(api):
    api.bulk({"contact_key": "c-1"}, {"contact_key": "c-2"})
    table = api.get("/dataspace/tables").data["result"][0]["publicId"]
    assert detail(api, table)["totalRowCount"] == 2
    assert detail(api, table)["contactKeyColumn"] is None


def test_only_an_empty_table_can_be_dropped(api):
    table = api.table()
    api.rows(table, "c-1")
    assert api.delete(f"/dataspace/tables/{table}/drop").code == 11
    assert api.delete(f"/dataspace/tables/{table}/truncate").code == 0
    assert detail(api, table)["totalRowCount"] == 0
    assert api.delete(f"/dataspace/tables/{table}/drop").code == 0
    assert api.get(f"/dataspace/tables/{table}").status == 404
    assert api.table("weekly")  # its name is free again


@pytest.mark.parametrize("name", ["master_contact", "sys_contact", "master_device", "page_view_events"])
def test_tables_of_the_platform_cannot_be_written_emptied_or_dropped(api, name):
    table = api.emulator.tables.by_name(name).table_id
    rows = {"tableName": name, "columns": ["contact_key"], "rows": [{"contact_key": "c-1"}]}
    file = {"tableName": name, "columnMapping": [{"tableColumn": "x", "fileColumnHeader": "x"}], "fileContent": ""}
    for said in (
        api.delete(f"/dataspace/tables/{table}/truncate"),
        api.delete(f"/dataspace/tables/{table}/drop"),
        api.post("/dataspace/sync/upsert", rows),
        api.delete("/dataspace/sync/delete", rows),
        api.post("/dataspace/async/upsert_v2", rows),
        api.post("/dataspace/async/upsert", file),
        api.delete("/dataspace/async/delete", file),
    ):
        assert (said.status, said.code) == (400, 11)


@pytest.mark.parametrize("path", ["", "/truncate", "/drop"])
def test_an_unknown_table_is_404(api, path):
    said = api("DELETE" if path else "GET", f"/dataspace/tables/{uuid4()}{path}")
    assert (said.status, said.code) == (404, 404)


# ── rows, at once ────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_of_a_sendable_table_create_contacts_that_are_opted_in(api):
    api.bulk({"contact_key": "c-1", "email_permission": False})
    assert api.rows(api.table(), "c-1", "c-2").data == {"affectedRowCount": 2, "errorCount": 0, "errorList": []}
    assert api.contact("c-2")["email_permission"] is True
    assert api.contact("c-1")["email_permission"] is False


def test_rows_of_a_standalone_table_create_nobody(api):
    api.rows(api.table(key=False), "c-1")
    assert api.get("/contacts/c-1").status == 404


def test_rows_with_a_primary_key_are_updated_and_without_one_appended(api):
    keyed, appended = api.table("keyed"), api.table("appended", primary=False)
    for table in (keyed, appended):
        api.rows(table, "c-1")
        api.rows(table, "c-1")
    assert (detail(api, keyed)["totalRowCount"], detail(api, appended)["totalRowCount"]) == (1, 2)


def test_rows_are_taken_as_objects_and_as_arrays(api):
    table = api.table()
    body = {
        "tableName": "weekly",
        "columns": COLUMNS,
        "rows": [["c-1", "rust"], {"contact_key": "c-2", "topic": None}],
    }
    assert api.post("/dataspace/sync/upsert", body).data["affectedRowCount"] == 2
    assert detail(api, table)["totalRowCount"] == 2


@pytest.mark.parametrize(
    ("shape", "good"), [("objects", {"contact_key": "c", "topic": "t"}), ("arrays", ["c", "t"])]
)
def test_rows_may_have_to_be_of_one_shape(connect, shape, good):
    api = connect(rows_as=shape)
    api.table()
    other = ["c", "t"] if shape == "objects" else {"contact_key": "c", "topic": "t"}
    for row, code in ((good, 0), (other, 1)):
        body = {"tableName": "weekly", "columns": COLUMNS, "rows": [row]}
        assert api.post("/dataspace/sync/upsert", body).code == code


def test_bad_rows_are_told_inside_a_200_with_code_0(api):
    api.table()
    rows = [["c-1", "t"], ["c-2"], {"contact_key": "c-3"}, [None, "t"], ["", "t"], ["c-4", 7]]
    said = api.post("/dataspace/sync/upsert", {"tableName": "weekly", "columns": COLUMNS, "rows": rows})
    assert (said.status, said.code) == (200, 0)
    assert (said.data["affectedRowCount"], said.data["errorCount"]) == (1, 5)
    assert [error["rowIndex"] for error in said.data["errorList"]] == [1, 2, 3, 4, 5]


def test_the_list_of_errors_may_be_of_texts_and_half_of_the_rows_refused(connect):
    api = connect(errors_as="strings", refuse_half_of_rows=True)
    said = api.rows(api.table(), "c-1", "c-2", "c-3")
    assert said.data["affectedRowCount"] == 2
    assert said.data["errorList"][0].startswith("1: ")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"columns": ["contact_key"]}, 11),
        ({"columns": [*COLUMNS, "age"]}, 11),
        ({"columns": []}, 1),
        ({"rows": []}, 1),
        ({"rows": [["c", "t"]] * 1001}, 1),
        ({"rows": ["c"]}, 1),
        ({"tableName": None}, 1),
        ({"tableName": None, "tableId": "short"}, 1),
        ({"tableName": "unknown"}, 404),
        ({"tableName": None, "tableId": str(uuid4())}, 404),
    ],
)
@pytest.mark.parametrize("path", ["/dataspace/sync/upsert", "/dataspace/async/upsert_v2"])
def test_an_upsert_that_does_not_do_is_refused(api, path, given, code):
    api.table()
    body = {"tableName": "weekly", "columns": COLUMNS, "rows": [["c", "t"]], **given}
    assert api.post(path, body).code == code


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("TEXT", ["x", ""], [1]),
        ("INTEGER", [1, -5], ["1", 1.5, True]),
        ("DECIMAL", [1, 1.5], ["1.5", False]),
        ("BOOLEAN", [True], ["true", 0]),
        ("DATE", ["2026-01-05", "2026-01-05T09:00:00Z"], ["2026-01-05T09:00:00+03:00", 5]),
        ("EMAIL", ["ada@example.org", ""], ["nonsense"]),
        ("PHONE", ["905351234567"], ["+905351234567"]),
    ],
)
def test_every_type_takes_its_values_only(api, kind, good, bad):
    api.post("/dataspace/tables", {"name": "typed", "columns": [{"name": "x", "type": kind}]})
    said = api.post(
        "/dataspace/sync/upsert",
        {"tableName": "typed", "columns": ["x"], "rows": [[v] for v in [None, *good, *bad]]},
    )
    assert (said.data["affectedRowCount"], said.data["errorCount"]) == (1 + len(good), len(bad))


def test_rows_are_deleted_by_primary_key(api):
    table = api.table()
    api.rows(table, "c-1", "c-2", "c-3")
    body = {"tableId": table, "columns": ["contact_key"], "rows": [{"contact_key": "c-1"}, ["c-2"], "c-3", "c-9"]}
    said = api.delete("/dataspace/sync/delete", body)
    assert said.data == {"affectedRowCount": 3, "errorCount": 0, "errorList": []}
    assert detail(api, table)["totalRowCount"] == 0
    assert api.contact("c-1")["contact_status"] == "A"  # off the list is not gone


def test_a_table_with_a_primary_key_is_not_deleted_from_by_other_columns(api):
    api.table()
    body = {"tableName": "weekly", "columns": ["topic"], "rows": [{"topic": "rust"}]}
    assert api.delete("/dataspace/sync/delete", body).code == 11
    assert api.delete("/dataspace/sync/delete", {**body, "rows": [["t"]] * 1001}).code == 1
    assert api.delete("/dataspace/sync/delete", {**body, "columns": []}).code == 1


def test_without_a_primary_key_columns_filter_what_is_deleted(api):
    table = api.table(primary=False)
    api.rows(table, "c-1", "c-1", "c-2")
    body = {"tableId": table, "columns": COLUMNS, "rows": [["c-1", "rust"], ["c-2", "other"]]}
    assert api.delete("/dataspace/sync/delete", body).data["affectedRowCount"] == 2
    assert api.delete("/dataspace/sync/delete", {**body, "columns": ["x"]}).code == 11


def test_how_many_rows_there_are_is_seen_after_the_lag(connect):
    api = connect(visibility_lag_seconds=120)
    table = api.table()
    api.rows(table, "c-1")
    assert detail(api, table)["totalRowCount"] == 0
    api.clock.advance(120)
    assert detail(api, table)["totalRowCount"] == 1


# ── rows, in the background ──────────────────────────────────────────────────────────────────────────────────

MAPPING = [
    {"tableColumn": "contact_key", "fileColumnHeader": "Key"},
    {"tableColumn": "topic", "fileColumnHeader": "T"},
]


def file(text, **given):
    content = b64encode(text.encode()).decode()
    return {"tableName": "weekly", "columnMapping": MAPPING, "fileContent": content, **given}


def finished(api, kind, job):
    api.clock.advance(5)
    return api.get(f"/dataspace/async/{kind}/{job}").data


@pytest.mark.parametrize("separator", [";", ","])
def test_a_file_is_upserted_by_a_job(api, separator):
    table = api.table()
    text = "\n".join(separator.join(row) for row in (("T", "Key"), ("rust", "c-1"), ("", "c-2"), ("go", "")))
    said = api.post("/dataspace/async/upsert", file(text, jobName="nightly"))
    assert (said.status, said.code, said.data) == (200, 0, {"jobId": said.job})
    waiting = api.get(f"/dataspace/async/upsert/{said.job}").data
    assert (waiting["status"], waiting["jobName"], waiting["totalRowCount"]) == ("WAITING", "nightly", 0)
    done = finished(api, "upsert", said.job)
    assert {name: done[name] for name in ("status", "totalRowCount", "affectedRowCount", "errorCount")} == {
        "status": "COMPLETED",
        "totalRowCount": 3,
        "affectedRowCount": 2,
        "errorCount": 1,
    }
    assert done["errorList"][0]["rowIndex"] == 2
    assert detail(api, table)["totalRowCount"] == 2
    assert api.contact("c-1")["email_permission"] is True


def test_a_field_of_a_file_may_be_quoted_and_have_lines(api):
    api.table()
    job = api.post("/dataspace/async/upsert", file('Key,T\n"c,1","a\nb\u2028c"\n')).job
    assert finished(api, "upsert", job)["affectedRowCount"] == 1
    (row,) = api.emulator.tables.by_name("weekly").rows.values()
    assert row == {"contact_key": "c,1", "topic": "a\nb\u2028c"}


def test_cells_of_a_file_are_read_by_the_type_of_their_column(api):
    kinds = {"i": "INTEGER", "d": "DECIMAL", "b": "BOOLEAN", "t": "DATE"}
    api.post(
        "/dataspace/tables", {"name": "weekly", "columns": [{"name": n, "type": k} for n, k in kinds.items()]}
    )
    mapping = [{"tableColumn": name, "fileColumnHeader": name} for name in kinds]
    text = "i;d;b;t\n1;1.5;TRUE;2026-01-05\nx;1;true;\n1;x;true;\n1;1;perhaps;\n1;1;0;soon\n1\n"
    job = api.post("/dataspace/async/upsert", file(text, columnMapping=mapping)).job
    done = finished(api, "upsert", job)
    assert [error["rowIndex"] for error in done["errorList"]] == [1, 2, 3, 4]
    assert list(api.emulator.tables.by_name("weekly").rows.values()) == [
        {"i": 1, "d": 1.5, "b": True, "t": "2026-01-05"},
        {"i": 1, "d": None, "b": None, "t": None},
    ]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"fileContent": "not base64!"}, 1),
        ({"fileContent": b64encode(b"\xff\xfe\xfa").decode()}, 1),
        ({"fileContent": None}, 1),
        ({"fileContent": b64encode(b"Key;Other\n").decode()}, 11),
        ({"columnMapping": []}, 1),
        ({"columnMapping": [{"tableColumn": "contact_key"}]}, 1),
        ({"columnMapping": [{"tableColumn": "age", "fileColumnHeader": "Key"}]}, 11),
        ({"columnMapping": MAPPING[:1]}, 11),
        ({"tableName": None}, 1),
    ],
)
def test_a_file_that_does_not_do_is_refused_at_once(api, given, code):
    api.table()
    assert api.post("/dataspace/async/upsert", file("Key;T\nc-1;t\n", **given)).code == code


def test_a_request_above_50_mb_is_refused(api):
    api.table()
    assert api.post("/dataspace/async/upsert", b" " * (50 * 1024 * 1024 + 1)).code == 1


def test_the_contact_key_of_a_sendable_table_is_never_empty(api):
    columns = [{"name": "contact_key", "type": "TEXT"}]
    api.post("/dataspace/tables", {"name": "loose", "columns": columns, "contactKeyColumn": "contact_key"})
    job = api.post(
        "/dataspace/async/upsert", file('Key\n""\nc-1\n', tableName="loose", columnMapping=MAPPING[:1])
    ).job
    assert finished(api, "upsert", job)["errorCount"] == 1
    body = {"tableName": "loose", "columns": ["contact_key"], "rows": [[None], ["c-1"]]}
    assert api.post("/dataspace/sync/upsert", body).data["errorCount"] == 1


def test_rows_are_deleted_by_file(api):
    table = api.table()
    api.rows(table, "c-1", "c-2")
    said = api.delete("/dataspace/async/delete", file("Key\nc-1\nc-9\n", columnMapping=MAPPING[:1]))
    done = finished(api, "delete", said.job)
    assert (done["status"], done["affectedRowCount"], done["totalRowCount"]) == ("COMPLETED", 1, 2)
    assert done["jobName"] == "delete 2026-01-05T09:00:00Z"
    assert detail(api, table)["totalRowCount"] == 1
    assert api.delete("/dataspace/async/delete", file("T\nt\n", columnMapping=MAPPING[1:])).code == 11


def test_without_a_primary_key_a_file_deletes_by_all_its_columns(api):
    api.rows(api.table(primary=False), "c-1", "c-1", "c-2")
    job = api.delete("/dataspace/async/delete", file("Key;T\nc-1;rust\n")).job
    assert finished(api, "delete", job)["affectedRowCount"] == 2


def test_rows_are_upserted_by_a_job_and_later_requests_win(api):
    api.table()
    for topic in ("first", "second"):
        said = api.post(
            "/dataspace/async/upsert_v2",
            {"tableName": "weekly", "columns": COLUMNS, "rows": [["c-1", topic], [None, ""]]},
        )
    done = finished(api, "upsert_v2", said.job)
    assert (done["totalRowCount"], done["affectedRowCount"], done["errorCount"]) == (2, 1, 1)
    (row,) = api.emulator.tables.by_name("weekly").rows.values()
    assert row["topic"] == "second"


def test_half_of_the_rows_of_a_file_may_be_refused(connect):
    api = connect(refuse_half_of_rows=True)
    api.table()
    job = api.post("/dataspace/async/upsert", file("Key;T\n" + "".join(f"c-{n};t\n" for n in range(4)))).job
    assert finished(api, "upsert", job)["errorCount"] == 2


@pytest.mark.parametrize("kind", ["upsert", "upsert_v2", "delete"])
def test_jobs_on_tables_may_fail_or_never_end(connect, kind):
    api = connect(jobs_fail=True)
    table = api.table()

    def start():
        if kind == "upsert_v2":
            body = {"tableId": table, "columns": COLUMNS, "rows": [["c-1", "t"]]}
            return api.post("/dataspace/async/upsert_v2", body).job
        method = "DELETE" if kind == "delete" else "POST"
        return api(method, f"/dataspace/async/{kind}", file("Key;T\nc-1;t\n")).job

    failed = finished(api, kind, start())
    assert (failed["status"], failed["affectedRowCount"], failed["errorCount"]) == ("FAILED", 0, 1)
    assert detail(api, table)["totalRowCount"] == 0
    api.emulator.jobs_never_end = True
    assert finished(api, kind, start())["status"] == "RUNNING"


def test_an_unknown_job_is_404(api):
    for kind in ("upsert", "upsert_v2", "delete", "nothing"):
        assert api.get(f"/dataspace/async/{kind}/{uuid4()}").status == 404
