"""Settings: defaults, overrides, and one line that names what is wrong."""

from pathlib import Path

import pytest

from server.settings import CONFIG_DIR, SettingsError, document, load, model_providers


def test_defaults() -> None:
    settings = load({})
    assert (settings.http_port, settings.media_port, settings.node_count) == (8080, 7882, 1)
    assert not settings.demo
    assert not settings.secure


def test_the_environment_overrides() -> None:
    environ = {
        "LECTERN_HTTP_PORT": "9090",
        "LECTERN_MEDIA_ADDRESS": "192.0.2.1, 2001:db8::1",
        "LECTERN_DEMO": "1",
        "LECTERN_NODES": "3",
        "LECTERN_LIMITS_SCALE": "2.5",
        "PATH": "/bin",
    }
    settings = load(environ)
    assert settings.http_port == 9090
    assert settings.media_address == ("192.0.2.1", "2001:db8::1")
    assert settings.demo
    assert settings.node_count == 3
    assert settings.limits_scale == 2.5


def test_auto_is_one_node_a_core() -> None:
    assert load({"LECTERN_NODES": "auto"}).node_count >= 1


def test_a_local_file_overrides_the_defaults_and_the_environment_overrides_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "default.toml").write_text((CONFIG_DIR / "default.toml").read_text())
    (tmp_path / "local.toml").write_text('http_port = 1\nlog_level = "error"\n')
    settings = load({"LECTERN_HTTP_PORT": "2"}, tmp_path)
    assert (settings.http_port, settings.log_level) == (2, "error")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LECTERN_HTTP_PROT", "1"),
        ("LECTERN_HTTP_PORT", "eighty"),
        ("LECTERN_HTTP_PORT", "70000"),
        ("LECTERN_MEDIA_PORT", "-1"),
        ("LECTERN_NODES", "many"),
        ("LECTERN_NODES", "0"),
        ("LECTERN_DEMO", "perhaps"),
        ("LECTERN_TLS", "yes"),
        ("LECTERN_TLS_KEY", "/nowhere/key.pem"),
        ("LECTERN_DATABASE_URL", "mysql://x"),
        ("LECTERN_DATABASE_URL", "postgresql://lectern@db:port/lectern"),
        ("LECTERN_DATABASE_URL", "postgresql://lectern:se/cret@db/lectern"),
        ("LECTERN_DATABASE_URL", "postgresql://lectern@[::1/lectern"),
        ("LECTERN_REDIS_URL", "http://x"),
        ("LECTERN_REDIS_URL", "redis://"),
        ("LECTERN_REDIS_URL", "redis://cache:99999/0"),
        ("LECTERN_REDIS_URL", "redis://cache/first"),
        ("LECTERN_REDIS_URL", "redis+cluster://one:6379,"),
        ("LECTERN_REDIS_URL", "unix://"),
        ("LECTERN_MEDIA_ADDRESS", "classes.example.org"),
        ("LECTERN_TRUSTED_PROXIES", "10.0.0.0/8"),
        ("LECTERN_OBJECTS_URL", "ftp://x"),
        ("LECTERN_MODELS", "/nowhere/models.toml"),
        ("LECTERN_STATE_DIR", ""),
        ("LECTERN_LIMITS_SCALE", "0"),
        ("LECTERN_RETIRE_WEEKS", "4"),
        ("LECTERN_WORKERS", "some"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load({name: text})
    line = str(raised.value)
    assert name in line
    assert "\n" not in line
    assert "se/cret" not in line


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "LECTERN_DATABASE_URL",
            "postgresql://lectern:p%40ss%3A@[2001:db8::1]:5432/lectern?sslmode=require",
        ),
        ("LECTERN_DATABASE_URL", "postgresql://lectern@/lectern?host=/run/postgresql"),
        ("LECTERN_DATABASE_URL", "postgres://lectern@one:5432,two:5433/lectern"),
        ("LECTERN_REDIS_URL", "rediss://user:p%2Fw@cache:6380/3"),
        ("LECTERN_REDIS_URL", "redis://cache"),
        ("LECTERN_REDIS_URL", "redis+cluster://one:6379,two,[::1]:6381"),
        ("LECTERN_REDIS_URL", "unix:///run/valkey.sock"),
        ("LECTERN_TRUSTED_PROXIES", "10.0.0.1, ::1"),
        ("LECTERN_PYTHON", "python3.12"),
        ("LECTERN_CHROMIUM", "/opt/chrome"),
    ],
)
def test_a_right_setting_is_taken(name: str, text: str) -> None:
    load({name: text})


def test_the_last_node_needs_a_port_as_well() -> None:
    with pytest.raises(SettingsError, match="LECTERN_MEDIA_PORT"):
        load({"LECTERN_MEDIA_PORT": "65535", "LECTERN_NODES": "2"})


PROVIDER = '[[provider]]\nname = "p"\nbase_url = "https://models.example.org/v1"\nkey_env = "MODELS_KEY"\n'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (PROVIDER, "[[provider]] 1, key_env"),
        (PROVIDER.replace("base_url", "url"), "[[provider]] 1"),
        ("[[provider", "at end of document"),
        ("\udcff", "utf-8"),
    ],
)
def test_a_wrong_file_of_models_stops_the_start_in_one_line(
    tmp_path: Path, text: str, names: str
) -> None:
    file = tmp_path / "models.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(SettingsError) as raised:
        load({"LECTERN_MODELS": str(file)})
    line = str(raised.value)
    assert line.startswith("LECTERN_MODELS is wrong: ")
    assert names in line
    assert "\n" not in line


@pytest.mark.parametrize("held", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_stops_the_start(
    tmp_path: Path, held: str | None
) -> None:
    authority, file = tmp_path / "authority.pem", tmp_path / "models.toml"
    if held is not None:
        authority.write_text(held)
    file.write_text(PROVIDER.replace("key_env", "# key_env") + f'ca_file = "{authority}"\n')
    with pytest.raises(SettingsError, match="LECTERN_MODELS is wrong: provider p, ca_file: "):
        load({"LECTERN_MODELS": str(file)})


def test_a_good_file_of_models_is_read_with_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(PROVIDER, encoding="utf-8")
    environ = {"LECTERN_MODELS": str(file), "MODELS_KEY": "sk-secret"}
    settings = load(environ)
    [provider] = model_providers(settings, environ).providers
    assert provider.key.reveal() == "sk-secret"
    assert "sk-secret" not in repr(settings)
    assert model_providers(load({}), {}).providers == ()


def test_an_unknown_key_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text(
        (CONFIG_DIR / "default.toml").read_text() + "colour = 1\n"
    )
    with pytest.raises(SettingsError, match="colour"):
        load({}, tmp_path)


def test_every_setting_is_described() -> None:
    text = document()
    assert text.count("| `LECTERN_") == len(load({}).__struct_fields__)
