"""The file of providers: what it says, and how it is told what is wrong with it."""

from pathlib import Path

import pytest

from lms.ai.providers import Model, Providers, ProvidersFault, Secret, parse

KEY = "sk-very-secret-0123456789"
ENVIRON = {"MODELS_KEY": KEY, "EMPTY_KEY": " ", "TORN_KEY": "one\ntwo"}
EXAMPLE = {
    **dict.fromkeys(("OPENAI_API_KEY", "AZURE_KEY", "VLLM_KEY", "PROMISES_KEY"), KEY),
    "SCHOOL_PROXY": "http://school:s3cret@proxy.riverside.example:3128",
}
GOOD = """
[[provider]]
name = "far"
base_url = "https://models.example.org/v1/"
key_env = "MODELS_KEY"
at_once = 2

[[provider]]
name = "near"
base_url = "http://127.0.0.1:9001/v1"
limit_field = "max_tokens"

[[model]]
provider = "far"
name = "small-model"
tier = "small"
micros_in = 0.15
micros_out = 0.6

[[model]]
provider = "near"
name = "org/large:7b"
tier = "strong"

[[model]]
provider = "far"
name = "vectors"
tier = "embedding"
dimensions = 384

[[model]]
provider = "near"
name = "other-vectors"
tier = "embedding"

[[model]]
provider = "near"
name = "vectors"
tier = "embedding"
dimensions = 384
"""


def test_a_good_file_is_read_in_its_order() -> None:
    found = parse(GOOD, ENVIRON)
    assert [one.name for one in found.providers] == ["far", "near"]
    assert found.providers[0].base_url == "https://models.example.org/v1"
    assert found.providers[0].key.reveal() == KEY
    assert not found.providers[1].key
    assert [one.name for one in found.of_tier("small")] == ["small-model"]
    assert [one.name for one in found.of_tier("strong")] == ["org/large:7b"]


def test_only_models_of_the_first_space_stand_in_for_each_other() -> None:
    found = parse(GOOD, ENVIRON).embedding()
    assert [(one.provider, one.space) for one in found] == [
        ("far", "vectors:384"),
        ("near", "vectors:384"),
    ]


def test_an_empty_file_has_nobody() -> None:
    assert parse("", {}) == Providers()
    assert Providers().embedding() == ()


def test_the_example_of_the_house_can_be_used_when_its_signs_are_taken_off() -> None:
    text = Path("config/models.toml").read_text(encoding="utf-8")
    assert parse(text, {}) == Providers()
    bare = text[text.index("# [[provider]]") :].replace("\n# ", "\n").removeprefix("# ")
    found = parse(bare.replace("\n#\n", "\n\n"), EXAMPLE)
    assert {one.tier for one in found.models} == {"small", "strong", "embedding"}
    named = {one.name: one for one in found.providers}
    assert named["ollama"].limit_field == "max_tokens"
    assert (named["azure-dated"].key_header, named["azure-dated"].api_version) == (
        "api-key",
        "2024-10-21",
    )
    assert named["promises"].answer_form == "json_object"
    assert named["promises"].proxy.reveal() == EXAMPLE["SCHOOL_PROXY"]
    assert named["vllm"].ca_file
    plain = named["openai"]
    assert (plain.limit_field, plain.answer_form, plain.key_header) == (
        "max_completion_tokens",
        "json_schema",
        "authorization",
    )
    assert [plain.api_version, plain.ca_file, plain.proxy.reveal()] == ["", "", ""]


@pytest.mark.parametrize(
    "told",
    [
        "https://proxy.example:3128",
        "proxy.example:3128",
        "http://",
        "http://proxy.example:port",
        "http://[::1",
        "http://proxy.example/away",
        "http://proxy.example?x=1",
        "socks5://proxy.example:1080",
        "http://proxy.example@10.0.0.256:3128",
    ],
)
def test_a_proxy_that_is_none_is_told_without_its_password(told: str) -> None:
    secret = told.replace("proxy.example", "school:s3cret@proxy.example")
    with pytest.raises(ProvidersFault) as raised:
        parse(P + 'proxy_env = "SCHOOL_PROXY"\n', {"SCHOOL_PROXY": secret})
    assert "[[provider]] 1, proxy_env: SCHOOL_PROXY" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_what_goes_through_a_proxy_goes_by_https() -> None:
    through = 'proxy_env = "SCHOOL_PROXY"\n'
    environ = {"SCHOOL_PROXY": "http://school:s3cret@proxy.example:3128"}
    [provider] = parse(P + through, environ).providers
    assert provider.proxy.reveal() == environ["SCHOOL_PROXY"]
    assert "s3cret" not in repr(provider)
    with pytest.raises(ProvidersFault, match="proxy_env"):
        parse(P.replace("https", "http") + through, environ)


def test_costs_are_rounded_up_and_never_less_than_told() -> None:
    priced = Model(provider="p", name="m", tier="small", micros_in=0.15, micros_out=0.6)
    assert priced.cost_micros(0, 0) == 0
    assert priced.cost_micros(1, 0) == 1
    assert priced.cost_micros(1000, 1000) == 750


P = '[[provider]]\nname = "p"\nbase_url = "https://a.example/v1"\n'
M = '[[model]]\nprovider = "p"\nname = "m"\ntier = "small"\n'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[[provider]\n", ["TOML", "line 1"]),
        ('[[provider]]\nname = "p"\n', ["[[provider]] 1", "base_url"]),
        (P + '[[provider]]\nname = 7\nbase_url = "https://a.example"\n', ["[[provider]] 2, name"]),
        (P.replace('"p"', '"p p"'), ["[[provider]] 1, name"]),
        (P + P, ["[[provider]] 2, name"]),
        (P + "at_once = 0\n", ["[[provider]] 1, at_once"]),
        (P + 'at_once = "many"\n', ["[[provider]] 1, at_once"]),
        (P + f'key = "{KEY}"\n', ["[[provider]] 1", "`key`"]),
        (P + 'key_env = "NO_SUCH"\n', ["[[provider]] 1, key_env", "NO_SUCH"]),
        (P + 'key_env = "EMPTY_KEY"\n', ["[[provider]] 1, key_env", "EMPTY_KEY"]),
        (P + 'key_env = "TORN_KEY"\n', ["[[provider]] 1, key_env", "TORN_KEY"]),
        (P + f'key_env = "{KEY}"\n', ["[[provider]] 1, key_env"]),
        (P + 'limit_field = "most"\n', ["[[provider]] 1, limit_field"]),
        (P + 'answer_form = "yaml"\n', ["[[provider]] 1, answer_form"]),
        (P + 'key_header = "cookie"\n', ["[[provider]] 1, key_header"]),
        (P + 'api_version = "a&b"\n', ["[[provider]] 1, api_version"]),
        (P + 'ca_file = "authority.pem"\n', ["[[provider]] 1, ca_file"]),
        (P + 'proxy_env = "NO_SUCH"\n', ["[[provider]] 1, proxy_env", "NO_SUCH"]),
        (P + 'proxy_env = "http://x"\n', ["[[provider]] 1, proxy_env"]),
        (P.replace("https", "ftp"), ["[[provider]] 1, base_url"]),
        (P.replace("https", "http") + 'key_env = "MODELS_KEY"\n', ["base_url", "https only"]),
        (P.replace("a.example", f"me:{KEY}@a.example"), ["base_url", "key_env"]),
        (P.replace("/v1", f"/v1?key={KEY}"), ["[[provider]] 1, base_url"]),
        (P.replace("a.example", "[::1"), ["[[provider]] 1, base_url"]),
        (P.replace("a.example", "[v1.x]"), ["[[provider]] 1, base_url"]),
        (P.replace("a.example", "10.0.0.256"), ["[[provider]] 1, base_url"]),
        (P.replace("a.example", "\u2603.example"), ["[[provider]] 1, base_url"]),
        (P.replace("a.example", "a.example\\t"), ["[[provider]] 1, base_url"]),
        (P.replace("/v1", "/\\r\\nX: y"), ["[[provider]] 1, base_url"]),
        (P.replace("/v1", "/v1" * 1000), ["[[provider]] 1, base_url"]),
        (P + 'ca_file = "/a\\u0000b"\n', ["[[provider]] 1, ca_file"]),
        (P.replace("a.example", "a.example:port"), ["[[provider]] 1, base_url"]),
        (M, ["[[model]] 1, provider"]),
        (P + M.replace("small", "huge"), ["[[model]] 1, tier"]),
        (P + M + M, ["[[model]] 2, name"]),
        (P + M + "micros_in = -1\n", ["[[model]] 1, micros_in"]),
        (P + M + "micros_in = nan\n", ["[[model]] 1, micros_in"]),
        (P + M + "dimensions = 384\n", ["[[model]] 1, dimensions"]),
        (P + M.replace("small", "embedding") + "dimensions = 385\n", ["[[model]] 1, dimensions"]),
        (P + M + "patience_s = 60\n", ["[[model]] 1, patience_s"]),
        (P + M + 'colour = "red"\n', ["[[model]] 1", "colour"]),
        ("[provider]\nname = 1\n", ["provider"]),
        ("models = 1\n", ["models"]),
    ],
)
def test_a_fault_is_one_line_that_names_the_field_and_tells_no_key(
    text: str, names: list[str]
) -> None:
    with pytest.raises(ProvidersFault) as raised:
        parse(text, ENVIRON)
    line = str(raised.value)
    assert "\n" not in line
    assert KEY not in line
    assert KEY not in repr(raised.value.__cause__)
    assert all(name in line for name in names), line


def test_a_key_is_shown_by_nothing() -> None:
    found = parse(GOOD, ENVIRON)
    for shown in (
        repr(found),
        str(found),
        f"{found}",
        f"{found.providers[0].key}",
        repr(Secret(KEY)),
    ):
        assert KEY not in shown
    # What would write it down elsewhere does not know how.
    assert not hasattr(found.providers[0].key, "__dict__")
