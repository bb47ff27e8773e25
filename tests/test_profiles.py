"""Profiles: found, read, resolved; and what is wrong is said by name, never by value."""

import os
import sys
from pathlib import Path

import pytest

from martech import AsyncClient, Client
from martech.client.profiles import config_file, from_url, profile
from martech.delivery import Sandbox
from martech.drivers.http import HttpOptions
from martech.errors import ConfigurationError, MissingSetting, SendRefused, UnknownProvider
from martech.models import EmailMessage
from martech.testing.connecting import Bench
from martech_example.clients import AsyncPigeonpost, Pigeonpost

SHOP = """
[profiles.shop]
provider = "example"
name = "robin"
passphrase = "env:SHOP_PASSPHRASE"
max_wait_seconds = 5
http = { connect_timeout_seconds = 2, proxy = "env:SHOP_PROXY" }
sandbox = "allow=@example.test"

[profiles.shop_eu]
provider = "example"
name = "wren"
passphrase = "x"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a file of profiles in it, and nothing of ours in the environment."""
    for name in os.environ:
        if name.startswith("MARTECH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("SHOP_PASSPHRASE", "correct-horse-battery-staple")
    monkeypatch.setenv("SHOP_PROXY", "http://robin:horse@proxy.test:1")
    (tmp_path / "martech.toml").write_text(SHOP)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_profile_makes_a_client_of_either_face(folder: Path, table: Bench) -> None:
    given = {"app": table.emulator, "clock": table.clock}
    with Client.from_profile("shop", **given) as client:
        assert client.account.verify().ok
        with pytest.raises(SendRefused):
            client.messages.send_email(EmailMessage(to="ada@example.org", subject="s", html="h"))
    assert AsyncClient.from_profile("shop", **given).provider == "example"
    assert isinstance(Pigeonpost.from_profile("shop", **given), Pigeonpost)
    assert isinstance(AsyncPigeonpost.from_profile("shop"), AsyncPigeonpost)


def test_a_profile_holds_settings_options_and_where_they_came_from(folder: Path) -> None:
    found = profile("shop")
    assert found.provider == "example"
    assert found.settings["passphrase"].get_secret_value() == "correct-horse-battery-staple"
    assert found.options["http"] == HttpOptions(
        connect_timeout_seconds=2.0, proxy="http://robin:horse@proxy.test:1"
    )
    assert found.options["sandbox"] == Sandbox(allow=["@example.test"])
    assert (found.options["max_wait_seconds"], found.options["alias"]) == (5.0, "shop")
    assert found.sources["passphrase"] == "env:SHOP_PASSPHRASE"
    assert "horse" not in repr(found)


def test_a_relative_path_in_the_file_is_the_same_wherever_a_process_was_started(
    folder: Path, table: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "martech.toml").write_text(
        SHOP.replace("env:SHOP_PASSPHRASE", "file:secret")
        .replace("proxy =", 'ca_file = "ca.pem", proxy =')
        .replace('sandbox = "allow=@example.test"', 'state = "sqlite:///state.db"\nledger = "sqlite:///sends.db"')
    )
    (folder / "secret").write_text("correct-horse-battery-staple\n")
    letter = EmailMessage(to="ada@example.org", subject="s", html="h")
    for where in (folder, folder / "deep" / "er"):
        monkeypatch.chdir(where)
        with Client.from_profile("shop", app=table.emulator, clock=table.clock) as client:
            client.messages.send_email(letter, key="k-1")
    assert len(table.emulator.outbox) == 1
    assert {one.name for one in folder.rglob("*.db")} == {"state.db", "sends.db"}
    assert profile("shop").options["http"].ca_file == str(folder / "ca.pem")
    monkeypatch.setenv("MARTECH_SHOP_STATE", "sqlite:///here.db")
    assert profile("shop").options["state"] == "sqlite:///here.db"


def test_the_file_is_the_nearest_one_above_then_the_platforms(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "deep" / "er")
    assert config_file() == folder / "martech.toml"
    (folder / "settings" / "martech").mkdir(parents=True)
    (folder / "martech.toml").rename(folder / "settings" / "martech" / "martech.toml")
    assert config_file() == folder / "settings" / "martech" / "martech.toml"
    monkeypatch.setenv("MARTECH_CONFIG", str(folder / "nowhere.toml"))
    with pytest.raises(ConfigurationError, match="not there"):
        config_file()


def test_a_file_that_anybody_may_write_decides_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "martech.toml").chmod(0o666)
    with pytest.raises(ConfigurationError, match="somebody else"):
        profile("shop")
    monkeypatch.setenv("MARTECH_CONFIG", str(folder / "martech.toml"))
    assert profile("shop").provider == "example"


def test_the_environment_wins_and_may_hold_a_whole_profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTECH_SHOP_MAX_WAIT_SECONDS", "7")
    monkeypatch.setenv("MARTECH_SHOP_EU_NAME", "finch")
    monkeypatch.setenv("MARTECH_LAB_PROVIDER", "example")
    monkeypatch.setenv("MARTECH_LAB_NAME", "robin")
    monkeypatch.setenv("MARTECH_LAB_PASSPHRASE", "plain:env:SHOP")
    assert profile("shop").options["max_wait_seconds"] == 7.0
    assert profile("shop").sources["max_wait_seconds"] == "the variable MARTECH_SHOP_MAX_WAIT_SECONDS"
    assert profile("shop").settings["name"] == "robin"
    assert profile("shop_eu").settings["name"] == "finch"
    assert profile("lab").settings["passphrase"].get_secret_value() == "env:SHOP"


def test_a_secret_may_come_from_a_file_or_the_keyring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class OneSecret(KeyringBackend):
        priority = 1  # type: ignore[assignment]  # as its base wants it

        def get_password(self, service: str, username: str) -> str | None:
            return "from-the-ring" if (service, username) == ("shop", "robin") else None

        def set_password(self, service: str, username: str, password: str) -> None: ...

        def delete_password(self, service: str, username: str) -> None: ...

    before = keyring.get_keyring()
    keyring.set_keyring(OneSecret())
    try:
        monkeypatch.setenv("MARTECH_SHOP_PASSPHRASE", "keyring:shop/robin")
        assert profile("shop").settings["passphrase"].get_secret_value() == "from-the-ring"
        monkeypatch.setenv("MARTECH_SHOP_PASSPHRASE", "keyring:shop/wren")
        with pytest.raises(MissingSetting, match="profile 'shop': passphrase is to come from the keyring"):
            profile("shop")
    finally:
        keyring.set_keyring(before)
    (folder / "secret").write_text("from-a-file\n")
    monkeypatch.setenv("MARTECH_SHOP_PASSPHRASE", "file:secret")
    assert profile("shop").settings["passphrase"].get_secret_value() == "from-a-file"
    monkeypatch.setenv("MARTECH_SHOP_PASSPHRASE", "file:nowhere")
    with pytest.raises(MissingSetting, match="FileNotFoundError"):
        profile("shop")


def test_a_machine_without_a_keyring_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring as Headless

    monkeypatch.setenv("MARTECH_SHOP_PASSPHRASE", "keyring:shop/robin")
    before = keyring.get_keyring()
    keyring.set_keyring(Headless())
    try:
        with pytest.raises(MissingSetting, match="passphrase is to come from the keyring: NoKeyringError"):
            profile("shop")
    finally:
        keyring.set_keyring(before)
    monkeypatch.setitem(sys.modules, "keyring", None)  # as where the extra is not installed
    with pytest.raises(MissingSetting, match="which is an extra") as missing:
        profile("shop")
    assert "martech[keyring]" in str(missing.value.hint)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('regoin = "s3cr3t-eu"', "profile 'shop': regoin is no setting of Pigeonpost"),
        ('max_wait = "s3cr3t"', "max_wait is no setting"),
        ('max_wait_seconds = "s3cr3t"', "profile 'shop': max_wait_seconds cannot be used"),
        ('http = { prxy = "s3cr3t" }', "profile 'shop': http: prxy: there are"),
        ('sandbox = "s3cr3t"', "profile 'shop': sandbox: a sandbox cannot be read"),
        ('read_only = "s3cr3t"', "read_only cannot be used"),
        ('letter_path = ["s3cr3t"]', "profile 'shop': letter_path"),
        ('passphrase = "env:S3CR3T_NOT_SET"', "passphrase is to come from the variable"),
        ("passphrase = s3cr3t", "is no TOML (at line"),
    ],
)
def test_what_is_wrong_is_said_by_profile_and_setting_and_never_by_value(
    folder: Path, line: str, said: str
) -> None:
    text = f'[profiles.shop]\nprovider = "example"\nname = "robin"\n{line}\n'
    if "passphrase" not in line:
        text += 'passphrase = "s3cr3t-too"\n'
    (folder / "martech.toml").write_text(text)
    with pytest.raises(ConfigurationError) as wrong:
        Client.from_profile("shop")
    assert said in str(wrong.value)
    assert "s3cr3t" not in str(wrong.value)
    assert "s3cr3t" not in str(wrong.value.details())


def test_a_missing_setting_names_the_profile(folder: Path) -> None:
    (folder / "martech.toml").write_text('[profiles.shop]\nprovider = "example"\nname = "robin"\n')
    with pytest.raises(MissingSetting, match="profile 'shop': passphrase is missing"):
        Client.from_profile("shop")
    assert Client.from_profile("shop", passphrase="x").provider == "example"
    with pytest.raises(ConfigurationError, match="there is no profile 'shpo'; there are shop"):
        profile("shpo")
    (folder / "martech.toml").write_text('[profiles.shop]\nname = "robin"\n')
    with pytest.raises(MissingSetting, match="provider is missing"):
        profile("shop")
    (folder / "martech.toml").write_text('[profile.shop]\nname = "robin"\n')
    with pytest.raises(ConfigurationError, match="profile is nothing we know"):
        profile("shop")


def test_a_profile_of_another_provider_is_not_for_a_typed_client(folder: Path) -> None:
    from martech_dotdigital.clients import Dotdigital

    with pytest.raises(ConfigurationError, match="which is not for Dotdigital"):
        Dotdigital.from_profile("shop")


def test_a_url_holds_an_account(table: Bench) -> None:
    url = "example://robin:correct-horse-battery-staple@/?max_wait_seconds=5"
    with Client.from_url(url, app=table.emulator, clock=table.clock) as client:
        assert client.account.verify().ok
        assert "horse" not in repr(client)
    found = from_url("example://robin:a%40b%2F@127.0.0.1:8080/?letter_path=%2Fletters")
    assert found.settings["passphrase"].get_secret_value() == "a@b/"
    assert found.settings["base_url"] == "http://127.0.0.1:8080"
    assert from_url("example://robin:x@api.pigeonpost.test").settings["base_url"] == "https://api.pigeonpost.test"


@pytest.mark.parametrize(
    "url",
    [
        "s3cr3t",
        "example://robin:s3cr3t@host:port/",
        "example://robin:s3cr3t@/path",
        "example://robin:s3cr3t@/?passphrase=s3cr3t",
        "example://robin@/?passphrase=s3cr3t",
        "example://robin:s3cr3t@/?colour=s3cr3t",
        "example://:@/?name=s3cr3t",
        "nobody://robin:s3cr3t@/",
    ],
)
def test_a_url_that_cannot_be_used_is_never_repeated(url: str) -> None:
    with pytest.raises((ConfigurationError, UnknownProvider)) as wrong:
        Client.from_url(url)
    assert "s3cr3t" not in str(wrong.value)
    assert wrong.value.__cause__ is None
