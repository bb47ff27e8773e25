"""Promises about credentials."""

from __future__ import annotations

import logging

import pytest

from martech.errors import AuthenticationFailed, MartechError
from martech.testing.connecting import Bench
from martech.testing.faces import Drive
from martech.testing.promises.base import Kit
from martech.testing.promises.samples import LISTINGS, SAMPLES

__all__ = ["AuthPromises"]

CANARY = "canary-7f3a9c-must-not-be-seen"
CALLERS = 50


class AuthPromises(Kit):
    """One login for any number of callers, and nothing secret anywhere."""

    def _logins(self, drive: Drive) -> int:
        return drive.emulator.ledger.count(self.login) if self.login else 0

    def test_many_callers_share_one_login(self, drive: Drive) -> None:
        """Fifty callers at once make one login, or none where there is nothing to log in to."""
        drive.many(lambda client: client.account.verify(), CALLERS)
        assert self._logins(drive) == (1 if self.login else 0)

    def test_a_refused_token_leads_to_one_new_login(self, drive: Drive) -> None:
        """When the token dies, fifty callers notice and one logs in again; each call is made good."""
        drive.call(lambda client: client.account.verify())
        drive.emulator.expire_tokens()
        verified = drive.many(lambda client: client.account.verify(), CALLERS)
        assert all(one.ok for one in verified)
        assert self._logins(drive) == (2 if self.login else 0)

    def test_no_secret_is_ever_in_an_address(self, drive: Drive) -> None:
        """Every verb is called once; no address held a secret."""
        self._call_everything(drive)
        drive.emulator.ledger.assert_no_secret_in_urls()

    def test_no_secret_is_in_logs_errors_or_reprs(
        self, drive: Drive, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whatever is called and however it fails, nothing that people read holds a secret."""
        caplog.set_level(logging.DEBUG, logger="martech")
        seen = [repr(drive.client), *self._call_everything(drive)]
        seen += [record.getMessage() + repr(record.__dict__.get("martech")) for record in caplog.records]
        out, err = capsys.readouterr()
        text = "\n".join([*seen, out, err])
        leaked = [secret for secret in drive.emulator.secrets() if secret in text]
        assert not leaked, f"{len(leaked)} secrets were shown"

    def test_wrong_credentials_are_named_and_not_shown(self, table: Bench) -> None:
        """A wrong secret gives AuthenticationFailed, and the secret is not in it."""
        settings = table.emulator.settings()
        known = table.emulator.secrets()
        wrong = {name: f"{CANARY}-1x" if value in known else value for name, value in settings.items()}
        if wrong == settings:
            pytest.fail("the emulator names no secret among its settings")
        drive_client = type(table.client())(self.provider, **wrong, app=table.emulator, clock=table.clock)
        with pytest.raises(AuthenticationFailed) as refused:
            drive_client.account.verify()
        assert CANARY not in str(refused.value) + repr(refused.value) + repr(refused.value.__dict__)

    def _call_everything(self, drive: Drive) -> list[str]:
        """Call every verb once and return what people would read of it."""
        shown: list[str] = []
        for verb, ask in SAMPLES.items():
            try:
                given = drive.all(ask) if verb in LISTINGS else drive.call(ask)
            except MartechError as error:
                shown += [str(error), repr(error), repr(error.details())]
            else:
                shown.append(repr(given))
        return shown
