from pathlib import Path

import pytest

from dls.cli import main
from dls.configuration import SETTINGS, Configuration, configuration
from dls.errors import InputError

ROOT = Path(__file__).parents[1]
EXAMPLE = """
url = "https://study.example.org/"
[server]
trusted_proxies = ["172.18.0.0/16"]
metrics_token_file = "/run/secrets/metrics"
log_format = "json"
[sign_in]
idle_minutes = 20
[backup]
folder = "/backup"
keep = 3
[pacs.archive]
dicomweb = "https://pacs.example.org/dicom-web"
"""


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    assert configuration(tmp_path, {}) == Configuration()
    assert not Configuration().over_tls


def test_file_and_environment_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "dls.toml").write_text(EXAMPLE)
    found = configuration(tmp_path, {"DLS_BACKUP_KEEP": "5", "DLS_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2"})
    assert found == Configuration(
        url="https://study.example.org",
        trusted_proxies=("10.0.0.1", "10.0.0.2"),
        metrics_token_file=Path("/run/secrets/metrics"),
        log_format="json",
        idle_minutes=20,
        backup_folder=Path("/backup"),
        backup_keep=5,
        pacs={"archive": {"dicomweb": "https://pacs.example.org/dicom-web"}},
    )
    assert found.over_tls


def test_the_file_may_lie_elsewhere_and_is_read_again_after_a_change(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.toml"
    with pytest.raises(InputError, match="The configuration is missing"):
        configuration(tmp_path, {"DLS_CONFIG": str(file)})
    for minutes in (30, 31):
        file.write_text(f"sign_in.idle_minutes = {minutes}  # {'x' * minutes}")
        file.touch()
        assert configuration(tmp_path, {"DLS_CONFIG": str(file)}).idle_minutes == minutes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\ntrusted_proxy = '10.0.0.1'", "Got: .*server.trusted_proxy"),
        ("colour = 'blue'", "Got: .*colour"),
        ("no toml", "Expected: TOML"),
        ("url = 'study.example.org'", "Expected: an address"),
        ("server.trusted_proxies = ['everybody']", "Expected: addresses or networks"),
        ("server.trusted_proxies = '10.0.0.1'", "Expected: a list of texts"),
        ("server.log_format = 'xml'", "Expected: text or json"),
        ("sign_in.idle_minutes = 0", "Expected: 1 to 720"),
        ("sign_in.idle_minutes = true", "Expected: a number"),
        ("backup.keep = 1.5", "Expected: a whole number"),
        ("backup.every_minutes = -1", "Expected: above 0"),
        ("backup = 3", "unknown key"),
        ("pacs = 3", "unknown key"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "dls.toml").write_text(text)
    with pytest.raises(InputError, match=said):
        configuration(tmp_path, {})


def test_variables_are_checked_like_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"DLS_BACKUP_KEEP cannot be used.*a whole number"):
        configuration(tmp_path, {"DLS_BACKUP_KEEP": "many"})


def test_servers_in_the_old_place_are_not_forgotten_silently(tmp_path: Path) -> None:
    (tmp_path / "pacs.toml").write_text("[archive]\ndicomweb = 'https://x/'")
    with pytest.raises(InputError, match=r"move its tables and delete it"):
        configuration(tmp_path, {})


def test_the_command_shows_what_applies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dls.toml").write_text(EXAMPLE)
    monkeypatch.setenv("DLS_IDLE_MINUTES", "15")
    assert main(["config", "--home", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("sign_in.idle_minutes = 15.0  # from DLS_IDLE_MINUTES") for line in lines)
    assert any(line.startswith("server.log_format = json  # from the file") for line in lines)
    assert any(line.startswith("backup.every_minutes = 60.0  # default") for line in lines)
    (tmp_path / "dls.toml").write_text("nonsense = 1")
    assert main(["config", "--home", str(tmp_path)]) == 2


def test_every_setting_is_documented_and_a_field() -> None:
    guide = (ROOT / "docs" / "administrators.md").read_text()
    for setting in SETTINGS:
        assert f"| `{setting.key}` | `{setting.variable}` |" in guide
        assert hasattr(Configuration(), setting.field)
    assert len({s.variable for s in SETTINGS}) == len(SETTINGS)
