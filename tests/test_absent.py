"""What is promised and absent fails the tests that need it; elsewhere they are skipped."""

import pytest

from tests.absent import absent, need_torch


@pytest.mark.parametrize("promised, ends", [(True, pytest.fail.Exception), (False, pytest.skip.Exception)])
def test_what_is_promised_fails(promised, ends):
    with pytest.raises(ends, match="no browser"):
        absent("no browser", promised)


def test_tox_promises_torch(monkeypatch):
    monkeypatch.setattr("tests.absent.find_spec", lambda name: None)
    monkeypatch.setenv("TOX_ENV_NAME", "test")
    with pytest.raises(pytest.fail.Exception, match="torch is not installed"):
        need_torch()
    monkeypatch.delenv("TOX_ENV_NAME")
    with pytest.raises(pytest.skip.Exception, match="torch is not installed"):
        need_torch()
