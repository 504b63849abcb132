"""Documents and deployment files agree with the code."""

import re
from typing import Any

import yaml

from polling_site.config.definitions import SETTINGS
from polling_site.config.environment import read_environment
from polling_site.config.parsing import Setting
from tests.processes import ROOT, SECRETS

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
NGINX = (ROOT / "deploy/nginx.conf.template").read_text()


def shown_default(setting: Setting) -> str:
    if setting.default is None:
        return ""
    return f"`{setting.default}`" if setting.default else "(empty)"


def test_every_setting_is_documented() -> None:
    lines = (ROOT / "docs/settings.md").read_text().splitlines()
    documented = [line for line in lines if line.startswith("| `")]
    assert sorted(documented) == sorted(
        f"| `{name}` | {shown_default(setting)} | {setting.purpose} |"
        for name, setting in SETTINGS.items()
    )


def test_the_example_names_every_setting_with_its_default() -> None:
    named = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", ENV_EXAMPLE, re.MULTILINE))
    assert named.pop("POSTGRES_PASSWORD") == ""
    assert named == {name: setting.default or "" for name, setting in SETTINGS.items()}


def site_services() -> dict[str, dict[str, Any]]:
    return {
        name: service
        for name, service in COMPOSE["services"].items()
        if service.get("image") == "tallyroom"
    }


def test_compose_starts_the_site_in_production() -> None:
    for service in site_services().values():
        given = service["environment"]
        assert set(given) <= set(SETTINGS)
        filled_in = {
            name: re.sub(r"\$\{POSTGRES_PASSWORD:\?.*?\}", "secret", value)
            for name, value in given.items()
        }
        values = read_environment(filled_in | SECRETS)
        assert values["DATABASE_URL"]["HOST"] in COMPOSE["services"]
        assert values["REDIS_URL"] == "redis://redis:6379/0"


def test_compose_migrates_once_before_two_web_processes_start() -> None:
    migrating = [
        name for name, each in site_services().items() if "migrate" in each.get("command", [])
    ]
    serving = [name for name, each in site_services().items() if "command" not in each]
    assert migrating == ["migrate"]
    assert serving == ["web-1", "web-2"]
    for name in serving:
        waits_for = COMPOSE["services"][name]["depends_on"]
        assert waits_for["migrate"] == {"condition": "service_completed_successfully"}


def test_the_web_processes_have_time_to_finish_before_they_are_killed() -> None:
    shutdown_s = int(SETTINGS["SHUTDOWN_SECONDS"].default or 0)
    drain_s = int(SETTINGS["DRAIN_SECONDS"].default or 0)
    for name in ("web-1", "web-2"):
        grace_s = int(COMPOSE["services"][name]["stop_grace_period"].removesuffix("s"))
        # Once for the sockets, once for the requests.
        assert grace_s > drain_s + 2 * shutdown_s


def test_the_worker_has_time_to_finish_its_jobs() -> None:
    worker = COMPOSE["services"]["worker"]
    assert worker["command"] == ["python", "manage.py", "work"]
    grace_s = int(worker["stop_grace_period"].removesuffix("s"))
    assert grace_s > int(SETTINGS["SHUTDOWN_SECONDS"].default or 0)


def test_nginx_closes_idle_connections_before_a_process_does() -> None:
    kept_s = max(map(int, re.findall(r"^ +keepalive_timeout (\d+)s;$", NGINX, re.MULTILINE)))
    assert NGINX.count("keepalive_timeout ") == len(re.findall("^upstream ", NGINX, re.MULTILINE))
    for name in ("KEEP_ALIVE_SECONDS", "DRAIN_SECONDS"):
        assert kept_s < int(SETTINGS[name].default or 0)


def test_nginx_finds_the_process_of_a_long_polling_client() -> None:
    """Each sid begins with SOCKET_IO_NODE, and nginx has an upstream for each."""
    nodes = [
        COMPOSE["services"][name]["environment"]["SOCKET_IO_NODE"] for name in ("web-1", "web-2")
    ]
    assert re.findall(r'"~\^(\w+)-"', NGINX) == nodes
    for number, node in enumerate(nodes, start=1):
        upstream = f"upstream tallyroom_{node} {{\n    server ${{WEB_{number}}} max_fails"
        assert upstream in NGINX


def test_nginx_gets_every_variable_of_its_template() -> None:
    nginx = COMPOSE["services"]["nginx"]
    assert set(re.findall(r"\$\{(\w+)\}", NGINX)) == set(nginx["environment"])
    for name in ("WEB_1", "WEB_2"):
        host, _, port = nginx["environment"][name].partition(":")
        assert COMPOSE["services"][host]["environment"]["PORT"] == port
