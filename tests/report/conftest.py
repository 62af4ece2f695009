"""Results to render, and a real browser to look at the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver

from conformance.report import write_reports
from conformance.report.summary import Summary, summarise
from tests.absent import absent
from tests.report import sample

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1280,900"
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the sample results."""
    folder = tmp_path_factory.mktemp("sample")
    results = sample.write_results(folder / "results.jsonl")
    write_reports(results, folder, ledgers=sample.ledgers(folder))
    return folder


@pytest.fixture(scope="session")
def large_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of 600 cases."""
    folder = tmp_path_factory.mktemp("large")
    results = sample.write_results(
        folder / "results.jsonl", files=sample.many(600), infos=sample.TARGETS[:4], act=sample.act_many
    )
    write_reports(results, folder, ledgers=sample.ledgers(folder))
    return folder


@pytest.fixture(scope="session")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """The view model of the sample results."""
    folder = tmp_path_factory.mktemp("summary")
    return summarise(sample.write_results(folder / "results.jsonl"), sample.ledgers(folder))


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of results in which every text is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    results, ledgers = sample.hostile_results(folder)
    write_reports(results, folder, ledgers=ledgers)
    return folder


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """The view model of results in which every text is hostile."""
    return summarise(*sample.hostile_results(tmp_path_factory.mktemp("hostile-summary")))


@pytest.fixture(scope="session")
def browser() -> Iterator[WebDriver]:
    """A headless Chromium without network. Absent: a failure under CI, else a skip that says the mend."""
    binary = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        missing = "no Chromium with chromedriver on PATH: install chromium and chromium-driver"
        absent(missing, bool(os.environ.get("CI")))
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(service=Service(driver), options=options)
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    started.execute_cdp_cmd("Network.enable", {})
    started.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    yield started
    started.quit()
