"""Writing many contacts: the best way a provider has, one result per input."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import SAVE, Fake, FakeContacts, client

from martech.errors import (
    AuthenticationFailed,
    InvalidInput,
    InvalidRequest,
    MartechError,
    ProviderUnavailable,
    UnsupportedOperation,
)
from martech.models import (
    Channel,
    Contact,
    IfNew,
    ItemOutcome,
    ItemResult,
    Job,
    JobPart,
    JobStatus,
    Merge,
    Page,
    RejectedInput,
    Subscription,
    SubscriptionStatus,
    email,
)
from martech.provider import JobOperations, Now, Saving, declines, import_part, not_offered

NO = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)


def people(count: int) -> list[Contact]:
    return [Contact(email=f"p{number}@example.org") for number in range(count)]


class Batches(FakeContacts):
    """Remembers its batches; raises what it is told to, at the n-th."""

    def __init__(self, *errors: MartechError | None, short: int = 0) -> None:
        self.batches: list[list[Contact]] = []
        self.errors = list(errors)
        self.short = short

    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        self.batches.append(list(contacts))
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        results = [ItemResult(outcome=ItemOutcome.SAVED, identifier=email(one.email or "")) for one in contacts]
        return results[: len(results) - self.short]


def test_batches_are_as_large_as_the_provider_takes() -> None:
    contacts = Batches()
    done = client(Fake(contacts=contacts)).contacts.upsert_many(people(25), if_new=SAVE)
    assert [len(batch) for batch in contacts.batches] == [10, 10, 5]
    assert [result.position for result in done.items] == list(range(25))
    assert done.counts == {ItemOutcome.SAVED: 25}
    assert repr(done) == "<BulkResult of 25: 25 saved>"


def test_nothing_in_nothing_out_and_no_call() -> None:
    contacts = Batches()
    assert len(client(Fake(contacts=contacts)).contacts.upsert_many([], if_new=SAVE)) == 0
    assert contacts.batches == []


def test_more_than_ten_thousand_belong_into_a_stream() -> None:
    with pytest.raises(InvalidRequest, match="upsert_stream"):
        client().contacts.upsert_many(people(10_001), if_new=SAVE)


def test_a_refused_batch_is_a_result_for_each_of_its_people() -> None:
    contacts = Batches(None, InvalidInput("bad", status=400, code=7, vendor_message="ada@example.org is bad"))
    done = client(Fake(contacts=contacts)).contacts.upsert_many(people(30), if_new=SAVE)
    assert [result.ok for result in done.items] == [True] * 10 + [False] * 10 + [True] * 10
    assert {result.outcome for result in done.problems} == {ItemOutcome.REFUSED}
    assert done.items[12].identifier == email("p12@example.org")
    assert done.items[12].code == "7"
    assert "ada" not in (done.items[12].reason or "")


def test_an_accident_is_a_failure_that_may_be_tried_again() -> None:
    contacts = Batches(ProviderUnavailable("down", status=503))
    done = client(Fake(contacts=contacts)).contacts.upsert_many(people(5), if_new=SAVE)
    assert {result.outcome for result in done.items} == {ItemOutcome.FAILED}


def test_what_concerns_everybody_is_an_error_if_nothing_was_done_and_results_if_something_was() -> None:
    refused = AuthenticationFailed("who are you", status=401)
    with pytest.raises(AuthenticationFailed):
        client(Fake(contacts=Batches(refused))).contacts.upsert_many(people(25), if_new=SAVE)
    contacts = Batches(None, refused)
    done = client(Fake(contacts=contacts)).contacts.upsert_many(people(35), if_new=SAVE)
    assert [result.ok for result in done.items] == [True] * 10 + [False] * 25
    assert len(contacts.batches) == 2


def test_a_stream_gives_the_results_of_the_broken_chunk_before_the_error() -> None:
    contacts = Batches(None, AuthenticationFailed("who are you", status=401))
    stream = client(Fake(contacts=contacts)).contacts.upsert_stream(people(35), if_new=SAVE)
    seen: list[ItemResult] = []
    with pytest.raises(AuthenticationFailed):
        seen.extend(stream)
    assert [result.position for result in seen] == list(range(20))
    assert [result.ok for result in seen] == [True] * 10 + [False] * 10


def test_what_a_plugin_forgets_is_unknown_and_not_lost() -> None:
    done = client(Fake(contacts=Batches(short=3))).contacts.upsert_many(people(10), if_new=SAVE)
    assert [result.outcome for result in done.items] == [ItemOutcome.SAVED] * 7 + [ItemOutcome.UNKNOWN] * 3


def test_one_person_twice_is_written_once_as_if_one_after_the_other() -> None:
    contacts = Batches()
    rows = [
        Contact(email="ada@example.org", first_name="Ada", attributes={"a": 1, "b": 1}, subscriptions=(NO,)),
        Contact(email="bob@example.org"),
        Contact(email="ADA@example.org", last_name="L.", attributes={"b": 2}),
    ]
    done = client(Fake(contacts=contacts)).contacts.upsert_many(rows, if_new=SAVE)
    assert [result.outcome for result in done.items] == ["superseded", "saved", "saved"]
    ada = contacts.batches[0][-1]
    assert (ada.first_name, ada.last_name, dict(ada.attributes)) == ("Ada", "L.", {"a": 1, "b": 2})
    assert ada.subscriptions == (NO,)


class Importing(FakeContacts):
    """Has an import besides its batch, for what it takes."""

    import_size = 100

    def __init__(self) -> None:
        self.imports: list[int] = []
        self.batches: list[int] = []
        self.singles = 0

    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        self.batches.append(len(contacts))
        return [ItemResult(outcome=ItemOutcome.SAVED) for _ in contacts]

    @declines(
        how={IfNew.NOT_CONTACTABLE: not_offered("An import cannot tell."), Merge.FILL_EMPTY: not_offered("No.")}
    )
    async def submit_import(self, contacts: Sequence[Contact], *, how: Saving) -> Job:
        self.imports.append(len(contacts))
        part = import_part(f"j{len(self.imports)}", contacts, [email(one.email or "") for one in contacts])
        return Job(provider="fake", kind="contacts.import", parts=(part,), submitted_at=await Now())

    async def upsert(self, contact: Contact, *, how: Saving) -> ItemResult:
        self.singles += 1
        if contact.email == "p3@example.org":
            raise InvalidInput("bad one", status=400)
        return ItemResult(outcome=ItemOutcome.CREATED, contactable=False)


class ImportJobs(JobOperations):
    """Ends after two questions; creates everybody but the third."""

    def __init__(self, *, end: JobStatus = JobStatus.DONE) -> None:
        self.asked = 0
        self.end = end

    async def status(self, job: Job) -> Job:
        self.asked += 1
        state = self.end if self.asked % 2 == 0 else JobStatus.RUNNING
        parts = tuple(part.model_copy(update={"status": state, "detail": "broken"}) for part in job.parts)
        return job.model_copy(update={"parts": parts})

    async def results(self, job: Job, cursor: str | None) -> Page[ItemResult]:
        if self.end is JobStatus.FAILED:
            return Page([])
        made = [
            ItemResult(position=position, outcome=ItemOutcome.CREATED)
            for position in range(len(job.parts[0].inputs))
            if position != 3
        ]
        return Page(made)


def importing(contacts: Importing | None = None, **jobs: Any) -> tuple[Importing, Any]:
    contacts = contacts or Importing()
    fake = Fake(contacts=contacts)
    fake.jobs = ImportJobs(**jobs)
    return contacts, client(fake)


def test_few_go_by_batch_and_many_by_import() -> None:
    contacts, one = importing()
    one.contacts.upsert_many(people(10), if_new=SAVE)
    assert (contacts.batches, contacts.imports) == ([10], [])
    one.contacts.upsert_many(people(250), if_new=SAVE)
    assert contacts.imports == [100, 100, 50]


def test_a_stream_goes_by_import_as_long_as_it_fills_one_and_its_end_goes_as_it_is_best() -> None:
    contacts, one = importing()
    results = list(one.contacts.upsert_stream(people(205), if_new=SAVE))
    assert [result.position for result in results] == list(range(205))
    assert (contacts.imports, contacts.batches) == ([100, 100], [5])


def test_a_stream_goes_by_import_though_a_batch_takes_as_many() -> None:
    contacts = Importing()
    contacts.import_size = contacts.batch_size
    _, one = importing(contacts)
    assert len(list(one.contacts.upsert_stream(people(25), if_new=SAVE))) == 25
    assert (contacts.imports, contacts.batches) == ([10, 10], [5])
    assert len(list(one.contacts.upsert_stream(people(7), if_new=SAVE))) == 7
    assert (contacts.imports, contacts.batches) == ([10, 10], [5, 7])


class Overlapping(Importing):
    """Notes in which order imports are handed over and asked about; the first are the last to end."""

    import_size = 10
    imports_at_once = 3

    def __init__(self, *, refuse_at: int | None = None) -> None:
        super().__init__()
        self.said: list[str] = []
        self.refuse_at = refuse_at

    async def submit_import(self, contacts: Sequence[Contact], *, how: Saving) -> Job:
        if len(self.imports) == self.refuse_at:
            raise AuthenticationFailed("who are you", status=401)
        job = await super().submit_import(contacts, how=how)
        self.said.append(f"+{job.parts[0].id}")
        return job


class OverlappingJobs(JobOperations):
    """Ends a job when it is asked about; cannot be asked once `deaf_after` were."""

    def __init__(self, said: list[str], *, deaf_after: int | None = None) -> None:
        self.said = said
        self.deaf_after = deaf_after

    async def status(self, job: Job) -> Job:
        if self.deaf_after is not None and sum(one.startswith("?") for one in self.said) >= self.deaf_after:
            raise AuthenticationFailed("who are you", status=401)
        self.said.append(f"?{job.parts[0].id}")
        return job.model_copy(update={"parts": (job.parts[0].model_copy(update={"status": JobStatus.DONE}),)})

    async def results(self, job: Job, cursor: str | None) -> Page[ItemResult]:
        return Page([ItemResult(position=n, outcome=ItemOutcome.UPDATED) for n in range(len(job.parts[0].inputs))])


def overlapping(*, refuse_at: int | None = None, deaf_after: int | None = None) -> tuple[Overlapping, Any]:
    contacts = Overlapping(refuse_at=refuse_at)
    fake = Fake(contacts=contacts)
    fake.jobs = OverlappingJobs(contacts.said, deaf_after=deaf_after)
    return contacts, client(fake)


def test_the_next_import_is_handed_over_while_others_are_under_way() -> None:
    contacts, one = overlapping()
    done = one.contacts.upsert_many(people(50), if_new=SAVE)
    assert done.counts == {ItemOutcome.UPDATED: 50}
    assert [result.position for result in done.items] == list(range(50))
    assert [result.identifier for result in done.items] == [email(f"p{n}@example.org") for n in range(50)]
    assert contacts.said == ["+j1", "+j2", "+j3", "?j1", "+j4", "?j2", "+j5", "?j3", "?j4", "?j5"]


def test_a_stream_holds_no_more_than_is_under_way_and_loses_nothing_at_its_end() -> None:
    contacts, one = overlapping()
    given = 0

    def inputs() -> Any:
        nonlocal given
        for contact in people(74):
            given += 1
            yield contact

    held: list[int] = []
    for count, result in enumerate(one.contacts.upsert_stream(inputs(), if_new=SAVE)):
        assert (result.position, result.ok) == (count, True)
        held.append(given - count)
    assert len(held) == 74
    assert max(held) <= 40
    assert (contacts.imports, contacts.batches) == ([10] * 7, [4])


def test_whoever_comes_again_is_waited_for_so_that_the_later_word_stands() -> None:
    contacts, one = overlapping()
    rows = [*people(15), Contact(email="P3@example.org", first_name="Later"), *people(30)[20:]]
    assert not one.contacts.upsert_many(rows, if_new=SAVE).problems
    assert contacts.said == ["+j1", "?j1", "+j2", "+j3", "?j2", "?j3"]


def test_what_was_handed_over_before_a_refusal_is_still_asked_about() -> None:
    contacts, one = overlapping(refuse_at=2)
    done = one.contacts.upsert_many(people(50), if_new=SAVE)
    assert [result.outcome for result in done.items] == [ItemOutcome.UPDATED] * 20 + [ItemOutcome.FAILED] * 30
    assert contacts.said == ["+j1", "+j2", "?j1", "?j2"]
    contacts, one = overlapping(refuse_at=2)
    seen: list[ItemResult] = []
    with pytest.raises(AuthenticationFailed):
        seen.extend(one.contacts.upsert_stream(people(50), if_new=SAVE))
    assert [result.ok for result in seen] == [True] * 20 + [False] * 10


def test_what_was_handed_over_and_cannot_be_asked_about_is_unknown_and_not_called_failed() -> None:
    _, one = overlapping(deaf_after=1)
    done = one.contacts.upsert_many(people(60), if_new=SAVE)
    outcomes = [result.outcome for result in done.items]
    assert outcomes[:10] == [ItemOutcome.UPDATED] * 10
    assert outcomes[10:40] == [ItemOutcome.UNKNOWN] * 30
    assert outcomes[40:] == [ItemOutcome.FAILED] * 20
    _, one = overlapping(deaf_after=0)
    assert one.contacts.upsert_many(people(20), if_new=SAVE).counts == {ItemOutcome.UNKNOWN: 20}


def test_an_import_gives_one_result_per_input_and_says_who_may_be_contacted() -> None:
    rows = people(20)
    rows[5] = Contact(email="p5@example.org", subscriptions=(NO,))
    _, one = importing()
    done = one.contacts.upsert_many(rows, if_new=SAVE)
    assert [result.position for result in done.items] == list(range(20))
    assert done.items[3].outcome is ItemOutcome.UNKNOWN
    assert done.items[0].contactable is True
    assert done.items[5].contactable is False
    assert done.items[7].identifier == email("p7@example.org")


def test_an_import_that_fails_is_a_failure_of_each_with_the_vendors_word() -> None:
    _, one = importing(end=JobStatus.FAILED)
    done = one.contacts.upsert_many(people(20), if_new=SAVE)
    assert {result.outcome for result in done.items} == {ItemOutcome.FAILED}
    assert "broken" in (done.items[0].reason or "")


def test_what_an_import_declines_goes_another_way_and_what_nobody_takes_is_refused() -> None:
    class NoBatch(Importing):
        upsert_batch = not_offered("No batches.")

    contacts, one = importing(NoBatch())
    done = one.contacts.upsert_many(people(20), if_new=IfNew.NOT_CONTACTABLE)
    assert contacts.singles == 20
    assert [result.ok for result in done.items] == [True] * 3 + [False] + [True] * 16
    contacts, one = importing(NoBatch())
    one.contacts.upsert_many(people(20), if_new=SAVE)
    assert contacts.imports == [20]

    class Nothing(FakeContacts):
        upsert_batch = not_offered("No batches.")

    with pytest.raises(UnsupportedOperation):
        client(Fake(contacts=Nothing())).contacts.upsert_many(people(2), if_new=SAVE)


def test_a_job_that_never_ends_leaves_its_people_unknown_with_the_job_to_ask_for() -> None:
    class Endless(ImportJobs):
        async def status(self, job: Job) -> Job:
            return job

    contacts = Importing()
    fake = Fake(contacts=contacts)
    fake.jobs = Endless()
    done = client(fake).contacts.upsert_many(people(20), if_new=SAVE)
    assert {result.outcome for result in done.items} == {ItemOutcome.UNKNOWN}
    assert "j1" in (done.items[0].reason or "")


def test_a_started_import_is_a_value_that_can_be_stored_and_asked_about_elsewhere() -> None:
    _, one = importing()
    job = one.contacts.start_import(people(7), if_new=SAVE)
    assert job.status is JobStatus.WAITING
    again = Job.model_validate_json(job.model_dump_json())
    assert again == job
    assert "p1@" not in repr(job)
    _, other = importing()
    done = other.jobs.wait(again)
    assert done.status is JobStatus.DONE
    assert [result.position for result in other.jobs.results(done)] == list(range(7))


INPUTS = st.lists(
    st.one_of(
        st.builds(RejectedInput, st.just("broken"), st.integers(1, 9)),
        st.builds(Contact),
        st.builds(lambda n: Contact(email=f"p{n}@example.org"), st.integers(0, 12)),
        st.builds(lambda n: Contact(email=f"P{n}@Example.org", subscriptions=(NO,)), st.integers(0, 12)),
    ),
    max_size=45,
)


@given(INPUTS)
def test_whatever_comes_in_there_is_one_result_per_input_and_no_no_is_lost(inputs: list[Any]) -> None:
    contacts = Batches()
    done = client(Fake(contacts=contacts)).contacts.upsert_many(inputs, if_new=SAVE)
    assert [result.position for result in done.items] == list(range(len(inputs)))
    said_no = {
        one.email.casefold() for one in inputs if isinstance(one, Contact) and one.email and one.subscriptions
    }
    for start in range(0, len(inputs), 10):
        chunk = [one for one in inputs[start : start + 10] if isinstance(one, Contact) and one.email]
        nos = {one.email.casefold() for one in chunk if one.subscriptions and one.email}
        for batch in contacts.batches:
            for one in batch:
                assert not one.subscriptions or (one.email or "").casefold() in said_no
        assert nos <= {
            (one.email or "").casefold() for batch in contacts.batches for one in batch if one.subscriptions
        }


def test_parts_of_a_job_decide_its_state_together() -> None:
    def job(*states: JobStatus) -> Job:
        parts = tuple(JobPart(id=str(n), status=state) for n, state in enumerate(states))
        from datetime import UTC, datetime

        return Job(provider="fake", kind="x", parts=parts, submitted_at=datetime(2026, 1, 1, tzinfo=UTC))

    done, running, failed, waiting = JobStatus.DONE, JobStatus.RUNNING, JobStatus.FAILED, JobStatus.WAITING
    assert job(done, running, failed).status is running
    assert job(done, waiting).status is waiting
    assert job(done, failed).status is failed
    assert job(done, done).status is done
    assert job().status is done
